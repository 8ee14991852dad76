import { actNoun } from '@dcann/protocol/act'
import { readProposal } from '@dcann/protocol/admission'
import { grantNoun } from '@dcann/protocol/agreement'
import { assertionNoun } from '@dcann/protocol/assertion'
import { base64Url } from '@dcann/protocol/bytes'
import { canonicalBytes, parseBounded } from '@dcann/protocol/canonical'
import { capabilityNoun } from '@dcann/protocol/capability'
import { ProtocolError } from '@dcann/protocol/errors'
import { offerNoun } from '@dcann/protocol/offer'
import { statementNoun } from '@dcann/protocol/resolution'
import { readSigned, type Submitted } from '@dcann/protocol/signed'
import { stopNoun } from '@dcann/protocol/stop'
import { hold, type Target, textIn, vectorsOf } from '../target.ts'

const readers: readonly ((value: unknown) => Submitted<unknown>)[] = [
  (value) => readProposal(value).submitted,
  ...[actNoun, assertionNoun, capabilityNoun, grantNoun, offerNoun, statementNoun, stopNoun].map(
    (noun) => (value: unknown) => readSigned<unknown>(noun, value),
  ),
]

const nouns = ['signed', 'root', 'country', 'operator', 'node', 'requester', 'passport', 'offer', 'agreement', 'act']

/** Signed records of every noun: at most one noun takes it, and its payload writes to the very bytes. */
export const signed: Target = {
  name: 'signed-record',
  form: 'json',
  seeds: [...nouns, 'assertion', 'statement', 'stop'].flatMap((noun) =>
    vectorsOf(noun)
      .slice(0, 12)
      .map(({ input }) => Buffer.from(JSON.stringify(input))),
  ),
  run(input) {
    const value = parseBounded(textIn(input))
    const taken: Submitted<unknown>[] = []
    let refused: ProtocolError | undefined
    for (const read of readers) {
      try {
        taken.push(read(value))
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
        refused = error
      }
    }
    hold(taken.length < 2, 'two nouns take one record')
    for (const { payload, signed: kept } of taken)
      hold(
        base64Url(canonicalBytes(payload)) === kept.payload,
        'a payload does not write to the bytes it was read from',
      )
    if (taken.length === 0 && refused) throw refused
  },
}
