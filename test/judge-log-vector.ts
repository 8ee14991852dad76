import { base64Url, fromBase64Url, utf8 } from '@dcann/protocol/bytes'
import { publicKeySchema } from '@dcann/protocol/key'
import { judgeSubmission, parseSubmission } from '@dcann/protocol/log/add-checkpoint'
import { parseBundle } from '@dcann/protocol/log/bundle'
import { openCheckpoint } from '@dcann/protocol/log/checkpoint'
import { proveCosignatures } from '@dcann/protocol/log/cosignature'
import { parseEntry } from '@dcann/protocol/log/entry'
import { parseNote, proveNote } from '@dcann/protocol/log/note'
import { verifyConsistency, verifyInclusion } from '@dcann/protocol/log/proof'
import { headTime, type Witness, witnessPolicy } from '@dcann/protocol/log/quorum'
import { frozenSchema, requireFrozen, requireSpeaker } from '@dcann/protocol/log/succession'
import { parseTilePath } from '@dcann/protocol/log/tile'
import { mapKey } from '@dcann/protocol/map/node'
import { mapProofSchema, verifyInMap } from '@dcann/protocol/map/proof'
import { parseSchema } from '@dcann/protocol/signed'
import { type Instant, parseTime } from '@dcann/protocol/time'
import { judgeTombstone, judgeWithheld, requireNotGone } from '@dcann/protocol/tombstone'
import { z } from 'zod'

const text = z.string()
const hash = text.transform((encoded) => fromBase64Url(encoded))
const noted = z.strictObject({ note: text })
const headSchema = z.strictObject({ size: z.number(), root: hash })
const verifierSchema = z.strictObject({ name: text, key: publicKeySchema })
const witnessSchema = z.strictObject({ name: text, key: publicKeySchema, by: text })

type Judge = (input: unknown, given: Record<string, unknown>, now: Instant) => unknown

/** How vectors of logs and maps are judged. */
export const logJudges: Readonly<Record<string, Judge>> = {
  async note(input, given) {
    const note = parseNote(noted.parse(input).note)
    await proveNote(note, verifierSchema.parse(given))
    return { text: note.text }
  },
  async checkpoint(input, given) {
    const { origin, key } = z.strictObject({ origin: text, key: publicKeySchema }).parse(given)
    const { size, root } = await openCheckpoint(noted.parse(input).note, { name: origin, key })
    return { size, root: base64Url(root) }
  },
  async cosignature(input, given) {
    const found = await proveCosignatures(
      parseNote(noted.parse(input).note),
      z.array(verifierSchema).parse(given['witnesses']),
    )
    return { times: found.map(({ time }) => time) }
  },
  async submission(input, given) {
    const submission = parseSubmission(z.strictObject({ text }).parse(input).text)
    const { log, held } = z.strictObject({ log: verifierSchema, held: headSchema.nullable() }).parse(given)
    judgeSubmission(held ?? undefined, submission, await openCheckpoint(submission.checkpoint, log))
    return {}
  },
  async quorum(input, given, now) {
    const shape = {
      zone: text,
      test: z.boolean(),
      witness: z.strictObject({ quorum: z.int(), witnesses: z.array(witnessSchema) }),
    }
    const { zone, ...root } = z.strictObject(shape).parse(given)
    const policy = witnessPolicy(root, zone)
    const note = parseNote(noted.parse(input).note)
    const cosignatures = await proveCosignatures<Witness>(note, root.witness.witnesses)
    return { time: (policy && headTime(cosignatures, policy, now)) ?? null }
  },
  speaker(input, given) {
    const log = { origin: text, key: publicKeySchema }
    const { speakers } = z.strictObject({ speakers: z.array(z.strictObject({ ...log, from: z.int() })) }).parse(given)
    const { size, by } = z.strictObject({ size: z.int(), by: z.strictObject(log) }).parse(input)
    requireSpeaker(speakers, size, by)
    return {}
  },
  frozen(input, given) {
    const { size, roots } = z.strictObject({ size: z.int(), roots: z.array(headSchema) }).parse(given)
    const { frozen } = z.strictObject({ frozen: frozenSchema.nullable() }).parse(input)
    requireFrozen(frozen ?? undefined, size, (at) => roots.find((each) => each.size === at)?.root ?? new Uint8Array(0))
    return {}
  },
  ending(input, given, now) {
    const { ending } = z
      .strictObject({ ending: z.strictObject({ is: z.enum(['ended', 'withheld', 'gone']), at: text }).nullable() })
      .parse(given)
    const held = ending ? { is: ending.is, at: parseTime(ending.at) } : undefined
    const shape = { act: z.enum(['tombstone', 'withheld', 'record']), buried: z.boolean().optional() }
    const { act, buried = false } = z.strictObject(shape).parse(input)
    if (act === 'tombstone') judgeTombstone(held, now)
    else if (act === 'withheld') judgeWithheld(held, buried)
    else requireNotGone(held)
    return {}
  },
  inclusion(input) {
    const shape = { leaf: hash, index: z.number(), size: z.number(), root: hash, proof: z.array(hash) }
    verifyInclusion(z.strictObject(shape).parse(input))
    return {}
  },
  consistency(input) {
    verifyConsistency(z.strictObject({ from: headSchema, to: headSchema, proof: z.array(hash) }).parse(input))
    return {}
  },
  tile(input) {
    return parseTilePath(z.strictObject({ path: text }).parse(input).path)
  },
  bundle(input) {
    const { bytes, width } = z.strictObject({ bytes: hash, width: z.int() }).parse(input)
    return { entries: parseBundle(bytes, width).map(base64Url) }
  },
  'log-entry'(input) {
    const entry = parseEntry(utf8(z.strictObject({ text }).parse(input).text))
    return { is: 'map' in entry ? 'map' : 'act' }
  },
  'map-proof'(input, given) {
    const { zone, name, proof } = z.strictObject({ zone: text, name: text, proof: z.unknown() }).parse(input)
    const { record } = verifyInMap(
      hash.parse(given['root']),
      mapKey(zone, name),
      parseSchema(mapProofSchema, proof, 'judging a vector'),
    )
    return { record }
  },
}
