import { limits } from '@dcann/protocol/limits'
import type { DoorCase, OpenTarget } from './door-case.ts'
import { chunked, rawRequest } from './raw-request.ts'

type Headers = readonly (readonly [string, string])[]

const json: Headers = [['Content-Type', 'application/json']]
const malformed = { status: 400, code: 'malformed-request' } as const

/** An open POST whose head is wrong, its body good. */
function head(name: string, headers: Headers, without: readonly string[] = []): DoorCase<OpenTarget> {
  return {
    name: `head: ${name}`,
    bytes: ({ host, open }) =>
      rawRequest({ host, target: open.path, headers: [...json, ...headers], without, body: open.body }),
    ...malformed,
  }
}

function target(shown: string, made: (path: string) => string): DoorCase<OpenTarget> {
  return {
    name: `target: ${shown}`,
    bytes: ({ host, open }) => rawRequest({ host, target: made(open.path), headers: json, body: open.body }),
    ...malformed,
  }
}

function method(name: string, expected: Pick<DoorCase<OpenTarget>, 'status' | 'code'>): DoorCase<OpenTarget> {
  return {
    name: `method: ${name}`,
    bytes: ({ host, open }) => rawRequest({ host, method: name, target: open.path }),
    ...expected,
  }
}

function media(name: string, headers: Headers): DoorCase<OpenTarget> {
  return {
    name: `media: ${name}`,
    bytes: ({ host, open }) => rawRequest({ host, target: open.path, headers, body: open.body }),
    status: 415,
    code: 'media-type-unsupported',
  }
}

/** Lines after the request line, as they are. */
function lines(name: string, after: (target: OpenTarget) => string): DoorCase<OpenTarget> {
  return {
    name: `framing: ${name}`,
    bytes: (to) => Buffer.from(`POST ${to.open.path} HTTP/1.1\r\n${after(to)}`, 'latin1'),
    ...malformed,
  }
}

const type = 'Content-Type: application/json\r\n'
const oneOver = ({ open }: OpenTarget): Buffer => Buffer.alloc(open.mostBytes + 1, 0x20)
const notAllowed = { status: 405, code: 'method-not-allowed' } as const
const tooLarge = { status: 413, code: 'too-large' } as const
const headTooLarge = { status: 431, code: 'too-large' } as const

/** What is wrong before a body is looked at: framing, target, method, head, media type, size. */
export const framingCases: readonly DoorCase<OpenTarget>[] = [
  lines(
    'Content-Length and Transfer-Encoding',
    ({ host }) => `Host: ${host}\r\n${type}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ),
  lines(
    'two Content-Lengths',
    ({ host }) => `Host: ${host}\r\n${type}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
  ),
  lines(
    'two equal Content-Lengths',
    ({ host }) => `Host: ${host}\r\n${type}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}`,
  ),
  lines('a Content-Length list', ({ host }) => `Host: ${host}\r\n${type}Content-Length: 2, 2\r\n\r\n{}`),
  lines('a negative Content-Length', ({ host }) => `Host: ${host}\r\n${type}Content-Length: -1\r\n\r\n`),
  lines('a Content-Length with a sign', ({ host }) => `Host: ${host}\r\n${type}Content-Length: +2\r\n\r\n{}`),
  lines('a hexadecimal Content-Length', ({ host }) => `Host: ${host}\r\n${type}Content-Length: 0x2\r\n\r\n{}`),
  lines(
    'Transfer-Encoding xchunked',
    ({ host }) => `Host: ${host}\r\n${type}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
  ),
  lines(
    'Transfer-Encoding chunked, identity',
    ({ host }) => `Host: ${host}\r\n${type}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
  ),
  lines(
    'Transfer-Encoding gzip, chunked',
    ({ host }) => `Host: ${host}\r\n${type}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
  ),
  lines(
    'two Transfer-Encodings',
    ({ host }) => `Host: ${host}\r\n${type}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ),
  lines(
    'a chunk size that is none',
    ({ host }) => `Host: ${host}\r\n${type}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`,
  ),
  lines(
    'a chunk longer than it says',
    ({ host }) => `Host: ${host}\r\n${type}Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n`,
  ),
  lines(
    'a chunk size past 64 bits',
    ({ host }) => `Host: ${host}\r\n${type}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n`,
  ),
  lines('bare LF between headers', ({ host }) => `Host: ${host}\n${type}Content-Length: 2\r\n\r\n{}`),
  lines('bare CR in a header', ({ host }) => `Host: ${host}\r\nX-A: a\rb\r\nContent-Length: 2\r\n\r\n{}`),
  lines('a folded header', ({ host }) => `Host: ${host}\r\nX-A: a\r\n b\r\nContent-Length: 2\r\n\r\n{}`),
  lines('a space before the colon', ({ host }) => `Host : ${host}\r\n${type}Content-Length: 2\r\n\r\n{}`),
  lines('NUL in a header', ({ host }) => `Host: ${host}\r\nX-A: a\0b\r\nContent-Length: 2\r\n\r\n{}`),
  lines('a header without a name', ({ host }) => `Host: ${host}\r\n: a\r\nContent-Length: 2\r\n\r\n{}`),
  lines('no headers at all', () => '\r\n'),
  {
    name: 'framing: a body shorter than it says',
    bytes: ({ host, open }) =>
      rawRequest({ host, target: open.path, headers: [...json, ['Content-Length', '100']], body: '{}' }),
    halfClose: true,
    ...malformed,
  },
  {
    name: 'framing: the head ends in the middle',
    bytes: ({ host, open }) => Buffer.from(`POST ${open.path} HTTP/1.1\r\nHost: ${host}\r\n`),
    halfClose: true,
    ...malformed,
  },
  {
    name: 'framing: not HTTP',
    bytes: () => Buffer.from('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'latin1'),
    ...malformed,
  },
  { name: 'framing: HTTP/0.9', bytes: ({ open }) => Buffer.from(`GET ${open.path}\r\n\r\n`), ...malformed },
  {
    name: 'framing: HTTP/1.9',
    bytes: ({ host, open }) => rawRequest({ host, target: open.path, version: 'HTTP/1.9', headers: json }),
    ...malformed,
  },
  { name: 'framing: the HTTP/2 preface', bytes: () => Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), ...malformed },

  target('absolute form', (path) => `http://other.example${path}`),
  target('absolute form, https', (path) => `https://other.example${path}`),
  target('authority form', () => 'other.example:443'),
  target('asterisk form', () => '*'),
  target('..', (path) => `/x/..${path}`),
  target('.', (path) => `/.${path}`),
  target('.. at the end', (path) => `${path}/..`),
  target('%2e%2e', (path) => `/x/%2e%2e${path}`),
  target('.%2e', (path) => `/x/.%2e${path}`),
  target('%2f', (path) => path.replace(/\/([^/]*)$/, '%2f$1')),
  target('%00', (path) => `${path}%00`),
  target('%zz', (path) => `${path}%zz`),
  target('an overlong slash', (path) => `${path}%c0%af`),
  target('a letter percent-encoded', (path) => path.replace(/[a-z]/, (c) => `%${c.charCodeAt(0).toString(16)}`)),
  target('a backslash', (path) => path.replace(/\/([^/]*)$/, '\\$1')),
  target('// at the start', (path) => `/${path}`),
  target('// in the middle', (path) => path.replace(/\/([^/]*)$/, '//$1')),
  target('a fragment', (path) => `${path}#x`),
  target('a path parameter', (path) => `${path};x=1`),
  target('raw UTF-8', (path) => `${path}é`),
  target('a space', (path) => `${path} x`),
  target('a tab', (path) => `${path}\tx`),
  target('a query with %zz', (path) => `${path}?a=%zz`),
  target('a query with %00', (path) => `${path}?a=%00`),
  target('a query with a quote', (path) => `${path}?a="`),
  target('a query with a backslash', (path) => `${path}?a=\\`),

  method('TRACE', notAllowed),
  method('PUT', notAllowed),
  method('DELETE', notAllowed),
  method('PATCH', notAllowed),
  method('PROPFIND', notAllowed),
  {
    name: 'method: CONNECT',
    bytes: ({ host }) => rawRequest({ host, method: 'CONNECT', target: 'other.example:443' }),
    ...notAllowed,
  },
  method('BREW', malformed),
  method('post', malformed),
  {
    name: 'method: GET with a body',
    bytes: ({ host, open }) =>
      rawRequest({ host, method: 'GET', target: open.path, headers: [['Content-Length', '2']], body: '{}' }),
    ...malformed,
  },

  head('two Hosts', [
    ['Host', 'a.example'],
    ['Host', 'b.example'],
  ]),
  head('no Host', [], ['host']),
  head('an empty Host', [['Host', '']]),
  head('a Host with a path', [['Host', 'a.example/x']]),
  head('a Host with a user', [['Host', 'u@a.example']]),
  head('a Host with a space', [['Host', 'a b']]),
  head('a Host of two', [['Host', 'a.example, b.example']]),
  head('a Host with a port that is none', [['Host', 'a.example:x']]),
  head('a field twice', [
    ['X-A', '1'],
    ['x-a', '2'],
  ]),
  head('two Content-Types', [['Content-Type', 'application/json']]),
  head('Upgrade to h2c', [
    ['Connection', 'Upgrade, HTTP2-Settings'],
    ['Upgrade', 'h2c'],
    ['HTTP2-Settings', 'AAMAAABkAAQAAP__'],
  ]),
  head('Upgrade to websocket', [
    ['Connection', 'Upgrade'],
    ['Upgrade', 'websocket'],
    ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
    ['Sec-WebSocket-Version', '13'],
  ]),
  head('Expect', [['Expect', '100-continue']]),
  head('Expect something', [['Expect', 'the unexpected']]),
  {
    name: 'head: 17 KiB in one field',
    bytes: ({ host, open }) =>
      rawRequest({ host, target: open.path, headers: [...json, ['X-A', 'a'.repeat(17 * 1024)]], body: open.body }),
    ...headTooLarge,
  },
  {
    name: 'head: 2,000 fields',
    bytes: ({ host, open }) =>
      rawRequest({
        host,
        target: open.path,
        headers: [...json, ...Array.from({ length: 2000 }, (_, i) => [`a${i}`, ''] as const)],
        body: open.body,
      }),
    ...headTooLarge,
  },
  {
    name: 'head: 120 short fields',
    bytes: ({ host, open }) =>
      rawRequest({
        host,
        target: open.path,
        headers: [...json, ...Array.from({ length: 120 }, (_, i) => [`a${i}`, ''] as const)],
        body: open.body,
      }),
    ...headTooLarge,
  },
  {
    name: 'head: a target of 17 KiB',
    bytes: ({ host, open }) => rawRequest({ host, target: `${open.path}?${'a'.repeat(17 * 1024)}` }),
    ...headTooLarge,
  },

  media('no Content-Type', []),
  media('text/plain', [['Content-Type', 'text/plain']]),
  media('application/json; charset=utf-16', [['Content-Type', 'application/json; charset=utf-16']]),
  media('application/json with a profile', [['Content-Type', 'application/json; profile="x"']]),
  media('application/jsonp', [['Content-Type', 'application/jsonp']]),
  media('application/json twice in one field', [['Content-Type', 'application/json, application/json']]),
  media('multipart/form-data', [['Content-Type', 'multipart/form-data; boundary=x']]),
  media('application/x-www-form-urlencoded', [['Content-Type', 'application/x-www-form-urlencoded']]),
  media('gzip', [...json, ['Content-Encoding', 'gzip']]),
  media('br', [...json, ['Content-Encoding', 'br']]),
  media('deflate', [...json, ['Content-Encoding', 'deflate']]),
  media('identity, said', [...json, ['Content-Encoding', 'identity']]),

  {
    name: 'size: one byte over',
    bytes: (to) => rawRequest({ host: to.host, target: to.open.path, headers: json, body: oneOver(to) }),
    ...tooLarge,
  },
  {
    name: 'size: one byte over, in chunks',
    bytes: (to) =>
      rawRequest({
        host: to.host,
        target: to.open.path,
        headers: [...json, ['Transfer-Encoding', 'chunked']],
        body: chunked(oneOver(to), 1024, 64 * 1024),
      }),
    ...tooLarge,
  },
  {
    name: 'size: one byte over, in chunks that never end',
    bytes: (to) =>
      rawRequest({
        host: to.host,
        target: to.open.path,
        headers: [...json, ['Transfer-Encoding', 'chunked']],
        body: chunked(oneOver(to), 64 * 1024).subarray(0, -5),
      }),
    ...tooLarge,
  },
  {
    name: 'size: 2 GB declared, nothing sent',
    bytes: ({ host, open }) =>
      rawRequest({ host, target: open.path, headers: [...json, ['Content-Length', '2147483648']] }),
    ...tooLarge,
  },
  {
    name: 'size: 2^64 declared',
    bytes: ({ host, open }) =>
      rawRequest({ host, target: open.path, headers: [...json, ['Content-Length', '18446744073709551616']] }),
    ...malformed,
  },
  {
    name: 'size: more than any body may be',
    bytes: ({ host, open }) =>
      rawRequest({ host, target: open.path, headers: json, body: Buffer.alloc(limits.bodyBytes * 16) }),
    ...tooLarge,
  },
]
