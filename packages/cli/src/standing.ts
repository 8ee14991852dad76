import type { HeldRecords, RecordOf } from '@dcann/protocol/admission'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { type Draft, type DraftKind, type Hand, handsOf, missingHands } from '@dcann/protocol/hands'
import type { PublicKey } from '@dcann/protocol/key'
import { type NameKind, parseName } from '@dcann/protocol/name'
import type { Held } from '@dcann/protocol/record'
import { proveSigned } from '@dcann/protocol/signed'
import type { Instant } from '@dcann/protocol/time'
import { instantOf } from '@dcann/sdk/world'
import { listOf } from './plain-words.ts'
import type { RecordFile } from './record-file.ts'
import type { Outside } from './settings.ts'

/** What stands where a record is to stand: all that its rule reads, proved from the pinned root. */
export type Standing = { readonly held: HeldRecords; readonly now: Instant }

/** How a record stands with those who sign it. */
export type Signing = {
  readonly signers: readonly PublicKey[]
  readonly hands: readonly Hand[]
  /** Every shortest way to complete it; one empty way when nobody is missing. */
  readonly ways: readonly (readonly Hand[])[]
}

/** Where nothing stands yet: the beginning of a root. */
export function nothingStands(now: Instant): Standing {
  return { held: () => undefined, now }
}

/** Asks the registries, past every cache, for what stands under a name and for what its rule reads besides. */
export async function standingOf(
  outside: Outside,
  kind: DraftKind,
  name: string,
  operator?: string,
): Promise<Standing> {
  const { resolver, world } = outside
  const records = new Map<string, Held<RecordOf[NameKind]>>()
  const take = async (wanted: string): Promise<void> => {
    const { record } = await resolver.resolveName(wanted, { fresh: true })
    if (record !== undefined) records.set(wanted, record)
  }
  const root = resolver.trust.roots().at(-1)
  if (root !== undefined) records.set('root', root)
  if (kind !== 'root') {
    if (parseName(name).zone !== 'root') await take(`country/${parseName(name).zone}`)
    await take(name)
    if (operator !== undefined) await take(operator)
  }
  // `as`: a name says which kind of record stands under it
  const held: HeldRecords = <K extends NameKind>(_: K, wanted: string) =>
    records.get(wanted) as Held<RecordOf[K]> | undefined
  return { held, now: instantOf(world) }
}

/** The operator that a node names, which its rule reads. */
export function operatorOf(draft: Draft): string | undefined {
  return draft.kind === 'node' ? draft.payload.operator : undefined
}

/** Whether this very record is what stands under its name. */
export function isStanding({ draft, submitted }: RecordFile, { held }: Standing): boolean {
  return submitted !== undefined && held(draft.kind, draft.payload.name)?.id === submitted.id
}

/**
 * Proves the signatures a file has and asks the rule who is missing. Throws `key-unknown`, `record-signature-invalid`, and
 * what the rule says when no signature would help.
 */
export async function signingOf({ draft, submitted }: RecordFile, { held, now }: Standing): Promise<Signing> {
  const hands = handsOf(draft, held)
  const signers = submitted ? (await proveSigned(submitted, new Set(hands.flatMap(({ set }) => set.keys)))).signers : []
  return { signers, hands, ways: missingHands(draft, signers, held, now) }
}

/** How many of a hand's keys signed, of how many that have to. */
export function countOf({ set }: Hand, signers: readonly PublicKey[]): string {
  return `${set.keys.filter((key) => signers.includes(key)).length} of ${set.threshold}`
}

/** Who is missing, in words: those who are in every shortest way, and of the others how many. */
export function missingWords({ ways, signers }: Pick<Signing, 'ways' | 'signers'>): string {
  const [first = []] = ways
  const always = first.filter((hand) => ways.every((hands) => hands.some(({ who }) => who === hand.who)))
  const rests = ways.map((hands) => hands.filter(({ who }) => !always.some((hand) => hand.who === who)))
  const others = [...new Map(rests.flat().map((hand) => [hand.who, hand])).values()]
  const many = rests[0]?.length ?? 0
  const words = (hand: Hand): string => `${hand.who} (${countOf(hand, signers)})`
  const choice =
    many === 1
      ? [listOf(others.map(words), 'or')]
      : many > 1
        ? [
            ways.length === choose(others.length, many)
              ? `${many} of ${others.map(words).join(', ')}`
              : rests.map((hands) => listOf(hands.map(words))).join('; or '),
          ]
        : []
  return listOf([...always.map(words), ...choice])
}

/** How many choices of `k` there are among `n`. */
function choose(n: number, k: number): number {
  return k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k
}

/** Throws `not-entitled`, naming who is missing. */
export function requireComplete({ draft }: RecordFile, signing: Signing): void {
  if (signing.ways.some((hands) => hands.length === 0)) return
  throw new ProtocolError(
    'not-entitled',
    `submitting ${quote(draft.payload.name)}: a signature is missing: ${missingWords(signing)}`,
  )
}
