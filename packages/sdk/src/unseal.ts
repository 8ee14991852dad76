import { type Allowance, sealingKeyOf } from '@dcann/protocol/agreement'
import { ProtocolError } from '@dcann/protocol/errors'
import { type AnswerOf, openAnswer } from '@dcann/protocol/seal'
import type { Opener } from '@dcann/protocol/sealing-key'
import type { Signed } from '@dcann/protocol/signed'
import type { AnswerBody } from '@dcann/protocol/vault-api'

/**
 * Refuses to ask for what could not be read: an agreement whose answers are sealed needs an opener with the key that it
 * names. Before the call, since what was asked is counted. Gives that opener, or none where answers are in the clear. Throws
 * `key-unknown`.
 *
 * spec: seal#answers
 */
export function requireOpener(allowance: Allowance, opener: Opener | undefined): Opener | undefined {
  const key = sealingKeyOf(allowance)
  if (key === null) return undefined
  if (opener?.key === key) return opener
  throw new ProtocolError(
    'key-unknown',
    `asking under an agreement: its answers are sealed to the key ${key}; ${opener ? `the opener has ${opener.key}` : 'give an opener that has it'}`,
  )
}

/**
 * The signed assertion in an answer: opened where the agreement has answers sealed, as it came where it has not. Nothing of
 * it is proved. Throws `answer-invalid` for one that is in the clear and should be sealed, or the other way round;
 * `key-unknown`, and what `openAnswer` throws.
 *
 * spec: seal#answers
 */
export async function assertionIn(
  answer: AnswerBody,
  allowance: Allowance,
  opener: Opener | undefined,
  request: AnswerOf['request'],
): Promise<Signed> {
  const owns = requireOpener(allowance, opener)
  if (owns && 'sealed' in answer) {
    return await openAnswer(owns, { agreement: allowance.agreement, request }, answer.sealed)
  }
  if (!owns && 'assertion' in answer) return answer.assertion
  throw new ProtocolError(
    'answer-invalid',
    `judging an answer: it is ${owns ? 'in the clear' : 'sealed'}, and its agreement says ${owns ? 'sealed' : 'in the clear'}`,
    { member: owns ? 'assertion' : 'sealed' },
  )
}
