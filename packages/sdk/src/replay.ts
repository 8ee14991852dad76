import { admitProposal, type HeldRecords, type Proposal, readProposal, type RecordOf } from '@dcann/protocol/admission'
import type { CountryRecord } from '@dcann/protocol/country'
import { type ErrorCode, ProtocolError, quote } from '@dcann/protocol/errors'
import { times } from '@dcann/protocol/limits'
import type { NameKind } from '@dcann/protocol/name'
import type { OperatorRecord } from '@dcann/protocol/operator'
import type { AnyRecord } from '@dcann/protocol/record'
import type { RootRecord } from '@dcann/protocol/root'
import type { RecordId, Signed, Verified } from '@dcann/protocol/signed'
import { type Instant, parseTime } from '@dcann/protocol/time'

/** The records that stood around a name while its own were admitted: whole histories, oldest first. */
export type Surroundings = {
  readonly roots: readonly Verified<RootRecord>[]
  /** Of the name's own zone; absent for names of the root zone. */
  readonly country?: readonly Verified<CountryRecord>[]
  /** By name, for a node's records. */
  readonly operators?: ReadonlyMap<string, readonly Verified<OperatorRecord>[]>
}

/**
 * Replays the records of a name, from the genesis to the one stated, through the rules that admitted them. Each is judged
 * under what stood at its own date; where what stands around it changed later, under that, since a record is admitted
 * when it is sequenced and not when it is dated.
 *
 * Throws `chain-missing` when records are left out or do not lead to the one stated, `chain-broken` when one does not
 * follow by the rules, `wrong-zone` for a record of another name; the facts give `seq` and the rule's own code as `cause`.
 *
 * spec: resolving#chain
 */
export async function replay<K extends NameKind>(
  { kind, name }: { readonly kind: K; readonly name: string },
  records: readonly Signed[],
  stated: RecordId | null,
  surroundings: Surroundings,
  now: Instant,
): Promise<readonly Verified<RecordOf[K]>[]> {
  const chain: Verified<RecordOf[K]>[] = []
  for (const [i, signed] of records.entries()) {
    const proposal = read(signed, kind, name, i + 1)
    chain.push(await admitThen(proposal, chain.at(-1), surroundings, now))
  }
  if ((chain.at(-1)?.id ?? null) !== stated) {
    throw new ProtocolError(
      stated === null ? 'chain-broken' : 'chain-missing',
      `replaying ${quote(name)}: its ${chain.length} record(s) do not lead to ${stated ?? 'the absence'} that the zone states; ask another registry of the zone`,
      { records: chain.length },
    )
  }
  return chain
}

function read(signed: Signed, kind: NameKind, name: string, seq: number): Proposal {
  let proposal: Proposal
  try {
    proposal = readProposal(signed)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    throw broken(name, seq, error)
  }
  if (proposal.name !== name || proposal.kind !== kind) {
    throw new ProtocolError('wrong-zone', `replaying ${quote(name)}: a record of ${quote(proposal.name)} stands in it`)
  }
  const found = proposal.submitted.payload.seq
  if (found !== seq) {
    throw new ProtocolError(
      'chain-missing',
      `replaying ${quote(name)}: expected the record of seq ${seq}, got seq ${found}; every record from the genesis on is needed`,
      { seq },
    )
  }
  return proposal
}

async function admitThen<K extends NameKind>(
  proposal: Proposal,
  before: Verified<RecordOf[K]> | undefined,
  surroundings: Surroundings,
  now: Instant,
): Promise<Verified<RecordOf[K]>> {
  const { name, submitted } = proposal
  let first: ProtocolError | undefined
  for (const { at, around } of momentsOf(submitted.payload, surroundings, now)) {
    try {
      const admitted = await admitProposal(proposal, heldAt(at, name, before, around), at)
      // the caller's kind is that of the name, and the rule has read the record as one of that name
      return admitted as Verified<RecordOf[K]>
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      first ??= error
      if (whateverStands.includes(error.code)) break
    }
  }
  throw broken(name, submitted.payload.seq, first)
}

/** What makes a record wrong at any time; no other moment is tried. */
const whateverStands: readonly ErrorCode[] = [
  'record-signature-invalid',
  'record-stale',
  'key-inadmissible',
  'identifier-invalid',
]

/** A time at which a record may have been admitted, and what stood around it then. */
type Moment = { readonly at: Instant; readonly around: Surroundings }

/**
 * When a record may have been admitted: at its own date, whenever something around it changed since, or in the same second
 * but before that change, of which one second may have seen several.
 */
function momentsOf(payload: AnyRecord, surroundings: Surroundings, now: Instant): Moment[] {
  const { roots, country, operators } = surroundings
  const dated = parseTime(payload.at)
  const around = [
    ...(country ?? roots).map((record) => record.payload.at),
    ...[...(operators?.values() ?? [])].flat().flatMap((record) => [record.payload.at, record.payload.valid.from]),
  ].map(parseTime)
  const later = [...new Set(around)].filter((at) => at > dated).sort((a, b) => a - b)
  const moments = [dated, ...later, dated - 1].map((at): Moment => ({ at, around: surroundings }))
  return [...moments, ...withinSecond(dated, surroundings)].filter(({ at }) => at <= now + times.nodeSkew)
}

/** In the second of its date, before each of the changes that this second saw. */
function withinSecond(at: Instant, surroundings: Surroundings): Moment[] {
  const before = <T extends AnyRecord>(all: readonly Verified<T>[]): (readonly Verified<T>[])[] =>
    all.flatMap(({ payload }, i) => (i > 0 && parseTime(payload.at) === at ? [all.slice(0, i)] : [])).toReversed()
  const { roots, country, operators = new Map<string, readonly Verified<OperatorRecord>[]>() } = surroundings
  const delegated = country
    ? before(country).map((then) => ({ country: then }))
    : before(roots).map((then) => ({ roots: then }))
  const accredited = [...operators].flatMap(([name, all]) =>
    before(all).map((then) => ({ operators: new Map([...operators, [name, then]]) })),
  )
  return [...delegated, ...accredited].map((changed) => ({ at, around: { ...surroundings, ...changed } }))
}

function heldAt(
  at: Instant,
  name: string,
  before: Verified<AnyRecord> | undefined,
  { roots, country, operators }: Surroundings,
): HeldRecords {
  return <K extends NameKind>(kind: K, wanted: string) => {
    const found =
      wanted === name
        ? before
        : kind === 'root'
          ? inForce(roots, at)
          : kind === 'country'
            ? inForce(country ?? [], at)
            : inForce(operators?.get(wanted) ?? [], at)
    // each branch holds records of the kind that its name has
    return found as Verified<RecordOf[K]> | undefined
  }
}

/** The record of a history that stood at `at`; `undefined` before the first. */
export function inForce<T extends AnyRecord>(history: readonly Verified<T>[], at: Instant): Verified<T> | undefined {
  return history.findLast(({ payload }) => parseTime(payload.at) <= at)
}

function broken(name: string, seq: number, cause: ProtocolError | undefined): ProtocolError {
  if (cause === undefined) {
    return new ProtocolError('chain-broken', `replaying ${quote(name)}: record ${seq} is dated in the future`, { seq })
  }
  return new ProtocolError('chain-broken', `replaying ${quote(name)}, record ${seq}: ${cause.message}`, {
    seq,
    cause: cause.code,
  })
}
