import { utf8 } from '@dcann/protocol/bytes'
import { checkDigest, proveHead, readHead, type SignedHead } from '@dcann/protocol/request-signature'
import { parseTime } from '@dcann/protocol/time'
import { hold, type Target, textIn, vectorsOf } from '../target.ts'

const members = ['method', 'target_uri', 'content_type', 'content_digest', 'signature_input', 'signature'] as const
const vectors = vectorsOf('request-signature')
const proved = new Set<string>()

const textOf = (head: Readonly<Record<string, string>>, body: string): string =>
  [...members.map((member) => head[member] ?? ''), body].join('\n')

/** A request's head, one field a line, and its body: nothing proves that nobody signed. */
export const requestSignature: Target = {
  name: 'request-signature',
  form: 'bytes',
  words: [
    'dcann=(',
    ');',
    '"@method"',
    '"@target-uri";req',
    ';created=1',
    ';expires=1.0',
    ';nonce="',
    '=:',
    ':',
    'sha-512=:',
    '?1',
    ';sf',
  ],
  seeds: vectors.map(({ input, expect }) => {
    // `as`: vectors of this noun have this form
    const { head, body } = input as { head: Record<string, string>; body: string }
    const text = textOf(head, body)
    if (expect.verdict === 'valid') proved.add(text)
    return utf8(text)
  }),
  async run(input) {
    const text = textIn(input)
    const [
      method = '',
      target_uri = '',
      content_type = '',
      content_digest = '',
      signature_input = '',
      signature = '',
      ...rest
    ] = text.split('\n')
    // `as`: the method is what it is, and the parser is to see it
    const head = { method, target_uri, content_type, content_digest, signature_input, signature } as SignedHead
    const [first] = vectors
    if (!first) return
    const claims = await readHead(head, parseTime('2026-11-23T12:00:00Z'))
    checkDigest(head, utf8(rest.join('\n')))
    await proveHead(head, claims, String(first.given['key']))
    hold(proved.has(text), 'a head proves that nobody signed')
  },
}
