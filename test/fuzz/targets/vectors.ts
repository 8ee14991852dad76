import { parseBounded } from '@dcann/protocol/canonical'
import { type ErrorCode, errorCodes, ProtocolError } from '@dcann/protocol/errors'
import { z } from 'zod'
import { judgedNouns, judgeVector, type Vector } from '../../judge-vector.ts'
import { type Target, textIn, vectorsOf } from '../target.ts'

/** What the judges of vectors wrap around a rule is their own schema, which says by other errors what is out of form. */
const wrapped = new Set([
  'canonical',
  'verify-strict',
  'cover',
  'claim',
  'capability',
  'request-signature',
  'key',
  'identifier',
  'handle',
  'name',
  'sealing-key',
])
const vectors = judgedNouns.filter((noun) => !wrapped.has(noun)).flatMap(vectorsOf)

/** Every rule over every noun: an input of one vector changes, and is judged in the surroundings of another of its noun. */
export const rules: Target = {
  name: 'rules',
  form: 'json',
  seeds: vectors.map(({ input }, at) => Buffer.from(JSON.stringify({ at, input }))),
  async run(bytes) {
    const value = parseBounded(textIn(bytes))
    // `as`: a member that is not there is undefined
    const { at, input } = (typeof value === 'object' && value !== null ? value : {}) as {
      at?: unknown
      input?: unknown
    }
    const vector: Vector | undefined = typeof at === 'number' ? vectors[at] : undefined
    if (!vector) throw new ProtocolError('malformed-request', 'fuzzing: there is no such vector')
    const judged = await judgeVector({ ...vector, input }).catch((error: unknown) => {
      if (isWrapping(error)) throw new ProtocolError('schema-mismatch', 'fuzzing: no such vector could be written')
      throw error
    })
    if (judged.verdict === 'valid') return
    const code: ErrorCode = errorCodes.find((each) => each === judged.code) ?? 'internal'
    throw new ProtocolError(code, 'fuzzing: refused')
  },
}

/** Whether the judge itself, and no rule of ours, found that a vector has not its form. */
function isWrapping(error: unknown): boolean {
  if (!(error instanceof z.ZodError)) return false
  const places = (error.stack ?? '')
    .split('\n')
    .filter((line) => /^ +at /.test(line) && !line.includes('/node_modules/'))
  return /\/test\/judge-[a-z-]*vector\.ts/.test(places[0] ?? '')
}
