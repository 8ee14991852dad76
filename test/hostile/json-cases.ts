import type { ErrorCode } from '@dcann/protocol/errors'
import { limits } from '@dcann/protocol/limits'
import type { DoorCase, OpenTarget } from './door-case.ts'
import { rawRequest } from './raw-request.ts'

/** A body that stands by itself, whatever the route expects. */
function body(name: string, bytes: string | Uint8Array, code: ErrorCode): DoorCase<OpenTarget> {
  return made(name, () => bytes, code)
}

function made(name: string, bytes: (target: OpenTarget) => string | Uint8Array, code: ErrorCode): DoorCase<OpenTarget> {
  return {
    name: `json: ${name}`,
    bytes: (to) =>
      rawRequest({
        host: to.host,
        target: to.open.path,
        headers: [['Content-Type', 'application/json']],
        body: bytes(to),
      }),
    status: 400,
    code,
  }
}

/** The route's good body with text put in after its opening brace. */
const inside =
  (text: string) =>
  ({ open }: OpenTarget) =>
    Buffer.from(Buffer.from(open.body).toString().replace('{', `{${text}`))
const after =
  (text: string) =>
  ({ open }: OpenTarget) =>
    Buffer.concat([open.body, Buffer.from(text)])
const before =
  (bytes: Uint8Array) =>
  ({ open }: OpenTarget) =>
    Buffer.concat([bytes, open.body])

const malformed = 'malformed-json'
const uncanonical = 'not-canonical'
const mismatch = 'schema-mismatch'

/** What is wrong with a body whose framing is right. */
export const jsonCases: readonly DoorCase<OpenTarget>[] = [
  body('empty', '', malformed),
  body('white space', ' ', malformed),
  body('half an object', '{"a":', malformed),
  body('a word', 'undefined', malformed),
  body('NaN', '{"a":NaN}', malformed),
  body('single quotes', "{'a':1}", malformed),
  body('a trailing comma', '{"a":1,}', malformed),
  body('a comment', '{/**/}', malformed),
  body('01', '{"a":01}', malformed),
  body('0x10', '{"a":0x10}', malformed),
  body('a raw control character', '{"a":"\u0001"}', malformed),
  body('null', 'null', mismatch),
  body('[]', '[]', mismatch),
  body('""', '""', mismatch),
  body('1', '1', mismatch),
  body('true', 'true', mismatch),
  body('{}', '{}', mismatch),
  body('33 deep', '['.repeat(limits.jsonDepth + 1) + ']'.repeat(limits.jsonDepth + 1), malformed),
  body('33 deep in objects', '{"a":'.repeat(limits.jsonDepth + 1) + '1' + '}'.repeat(limits.jsonDepth + 1), malformed),
  body('2,000 deep', '['.repeat(2_000) + ']'.repeat(2_000), malformed),
  body('100,000 deep', '['.repeat(100_000) + ']'.repeat(100_000), malformed),
  body('100,000 deep and never closed', '['.repeat(100_000), malformed),
  body('more members than any object has', `[${'1,'.repeat(limits.jsonBreadth)}1]`, malformed),
  body('a key twice', '{"a":1,"a":2}', uncanonical),
  body('a key twice, once escaped', '{"a":1,"\\u0061":2}', uncanonical),
  body('keys not sorted', '{"b":1,"a":1}', uncanonical),
  body('white space inside', '{"a": 1}', uncanonical),
  body('an escape that needs none', '{"a":"\\u0062"}', uncanonical),
  body('an escaped slash', '{"a":"\\/"}', uncanonical),
  body('__proto__', '{"__proto__":{"a":1}}', uncanonical),
  body('__proto__, escaped', '{"\\u005f_proto__":{"a":1}}', uncanonical),
  body('constructor', '{"constructor":{"prototype":{"a":1}}}', mismatch),
  body('a lone surrogate', '{"a":"\\ud800"}', uncanonical),
  body('a lone surrogate in a key', '{"\\udc00":1}', uncanonical),
  body('surrogates the wrong way round', '{"a":"\\udc00\\ud800"}', uncanonical),
  body('NUL, escaped', '{"a":"\\u0000"}', uncanonical),
  body('1e400', '{"a":1e400}', uncanonical),
  body('1e-400', '{"a":1e-400}', uncanonical),
  body('-0', '{"a":-0}', uncanonical),
  body('2^53+1', '{"a":9007199254740993}', uncanonical),
  body('30 digits', `{"a":${'9'.repeat(30)}}`, uncanonical),
  body('1.0', '{"a":1.0}', uncanonical),
  body('1.5', '{"a":1.5}', uncanonical),
  body('1e2', '{"a":1e2}', uncanonical),
  made('a BOM', before(Buffer.from([0xef, 0xbb, 0xbf])), malformed),
  body('0xff', Buffer.from([0x22, 0xff, 0x22]), malformed),
  body('an overlong encoding', Buffer.from([0x22, 0xc0, 0xaf, 0x22]), malformed),
  body('a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), malformed),
  body('UTF-16', Buffer.from('\ufeff{"a":1}', 'utf16le'), malformed),
  body('UTF-16 without a BOM', Buffer.from('{"a":1}', 'utf16le'), malformed),
  body('UTF-32', Buffer.from([0x7b, 0, 0, 0, 0x7d, 0, 0, 0]), malformed),
  made('an unknown member', inside('"0":1,'), mismatch),
  made('a good body and a line feed', after('\n'), uncanonical),
  made('a good body twice', ({ open }) => Buffer.concat([open.body, open.body]), malformed),
  made('a good body and NUL', after('\0'), malformed),
]
