import { fromBase64Url } from '@dcann/protocol/bytes'
import { parseBounded } from '@dcann/protocol/canonical'
import { openAnswer, sealedSchema } from '@dcann/protocol/seal'
import { testOpener } from '@dcann/protocol/sealing-key'
import { parseSchema, recordIdOf } from '@dcann/protocol/signed'
import { hold, type Target, textIn, vectorsOf } from '../target.ts'

const vectors = vectorsOf('sealed')
const known = new Set(
  vectors.flatMap(({ expect }) => (expect.verdict === 'valid' ? [String(expect.result['id'])] : [])),
)
const of = { agreement: 'A'.repeat(43), request: `${'B'.repeat(42)}A` }
const opener = testOpener('vectors/opener')

/** What is sealed by HPKE: nothing opens that was not sealed. */
export const sealed: Target = {
  name: 'sealed',
  form: 'json',
  seeds: vectors.map(({ input }) => Buffer.from(JSON.stringify(input))),
  async run(input) {
    const read = parseSchema(sealedSchema, parseBounded(textIn(input)), 'fuzzing')
    const opened = await openAnswer(opener, of, read)
    hold(known.has(recordIdOf(fromBase64Url(opened.payload))), 'something opens that nobody sealed')
  },
}
