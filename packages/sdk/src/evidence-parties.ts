import type { RecordOf } from '@dcann/protocol/admission'
import type { Assertion } from '@dcann/protocol/assertion'
import type { CountryRecord } from '@dcann/protocol/country'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import type { PublicKey } from '@dcann/protocol/key'
import { times } from '@dcann/protocol/limits'
import { type NameKind, parseName, type ZoneName } from '@dcann/protocol/name'
import type { NodeRecord } from '@dcann/protocol/node'
import { isOperatorActive, type OperatorRecord } from '@dcann/protocol/operator'
import type { AnyRecord } from '@dcann/protocol/record'
import { statementNoun } from '@dcann/protocol/resolution'
import type { RequesterRecord } from '@dcann/protocol/requester'
import type { RootRecord } from '@dcann/protocol/root'
import { readSigned, type Verified } from '@dcann/protocol/signed'
import { formatTime, type Instant, parseTime } from '@dcann/protocol/time'
import { policyAt, proveStated, type Vouched } from './evidence-head.ts'
import type { EvidencePackage } from './evidence-package.ts'
import { inForce, replay, type Surroundings } from './replay.ts'
import { proveStatement, statementIn } from './statement.ts'
import type { Prove } from './evidence-link.ts'

/** What every link is proved against. `claimed` is the assertion before it is proved: it says whom the package is about. */
export type Scene = {
  readonly file: EvidencePackage
  readonly claimed: Assertion
  readonly at: Instant
  readonly roots: readonly Verified<RootRecord>[]
  /** The zones of the node and the requester that the assertion names. */
  readonly zones: { readonly node: ZoneName; readonly requester: ZoneName }
}

/** A name's whole history, its record in force at the time of the answer, and who vouches for it, as of when. */
export type Party<T> = {
  readonly history: readonly Verified<T>[]
  readonly record: Verified<T>
  readonly vouched: Vouched
  readonly stated: Instant
}

/** Proves a country: delegated by the root of its time, not suspended at the time of the answer. */
export async function proveCountryLink(prove: Prove, scene: Scene, zone: ZoneName): Promise<Party<CountryRecord>> {
  return await prove(`country ${zone}`, async () => {
    const { roots } = scene
    const logKeys = logsAt(roots, ({ roles }) => roles.log)
    const party = await proveParty('country', `country/${zone}`, scene, { roots }, logKeys)
    const { status } = party.record.payload
    if (status !== 'active') throw notActive(party.record, status)
    return [party, `delegated by the root, record ${party.record.payload.seq}${wordsOf(party)}`]
  })
}

/** Proves the node's operator: accredited at the time of the answer. */
export async function proveOperatorLink(
  prove: Prove,
  scene: Scene,
  country: Party<CountryRecord>,
): Promise<Party<OperatorRecord>> {
  return await prove('operator', async () => {
    const name = scene.file.chain.resolutions.map((one) => one.name).find((one) => one.includes('/operator/'))
    if (name === undefined) throw new ProtocolError('chain-missing', 'reading the chain: it has no operator')
    const party = await proveInZone('operator', name, scene, country, {})
    if (!isOperatorActive(party.record.payload, scene.at)) throw notActive(party.record, 'not accredited')
    return [party, `${name} was accredited, record ${party.record.payload.seq}${wordsOf(party)}`]
  })
}

/** Proves the node that the assertion names: run by that operator, neither suspended nor ended. */
export async function proveNodeLink(
  prove: Prove,
  scene: Scene,
  country: Party<CountryRecord>,
  operator: Party<OperatorRecord>,
): Promise<Party<NodeRecord>> {
  return await prove('node', async () => {
    const { name } = operator.record.payload
    const operators = new Map([[name, operator.history]])
    const party = await proveInZone('node', scene.claimed.node, scene, country, { operators })
    const { payload } = party.record
    if (payload.status === 'suspended' || payload.status === 'ended') throw notActive(party.record, payload.status)
    return [party, `${payload.name} was a node of ${name}, record ${payload.seq}${wordsOf(party)}`]
  })
}

/** Proves the requester that the assertion is for. Whether it was active is judged with the agreement. */
export async function proveRequesterLink(
  prove: Prove,
  scene: Scene,
  country: Party<CountryRecord>,
): Promise<Party<RequesterRecord>> {
  return await prove('requester', async () => {
    const expected = scene.zones.node === scene.zones.requester ? 4 : 5
    if (scene.file.chain.resolutions.length !== expected) {
      throw new ProtocolError(
        'evidence-broken',
        `reading the chain: ${scene.file.chain.resolutions.length} resolutions, expected ${expected} and no other`,
      )
    }
    const party = await proveInZone('requester', scene.claimed.aud, scene, country, {})
    const { name, seq } = party.record.payload
    return [party, `${name} was registered, record ${seq}${wordsOf(party)}`]
  })
}

/**
 * The records of a history that a node may have judged by at `at`: the one in force, and any that was in force less than 10
 * minutes before, newest first, since a node goes on that long with what it heard last.
 */
export function heardBy<T extends AnyRecord>({ history }: Party<T>, at: Instant): readonly Verified<T>[] {
  const dated = history.filter(({ payload }) => parseTime(payload.at) <= at).toReversed()
  const first = dated.findIndex(({ payload }) => parseTime(payload.at) <= at - times.fresh)
  return first < 0 ? dated : dated.slice(0, first + 1)
}

/** The first of several records under which `judge` accepts; else throws what the first of them was refused for. */
export async function underAny<T, U>(
  records: readonly Verified<T>[],
  judge: (record: T) => U | Promise<U>,
): Promise<U> {
  let first: unknown
  for (const { payload } of records) {
    try {
      return await judge(payload)
    } catch (error) {
      first ??= error
    }
  }
  throw first instanceof Error ? first : new ProtocolError('evidence-broken', 'no record was in force at that time')
}

async function proveInZone<K extends 'operator' | 'node' | 'requester'>(
  kind: K,
  name: string,
  scene: Scene,
  country: Party<CountryRecord>,
  more: Pick<Surroundings, 'operators'>,
): Promise<Party<RecordOf[K]>> {
  const surroundings = { roots: scene.roots, country: country.history, ...more }
  const logKeys = logsAt(country.history, ({ log }) => log)
  return await proveParty(kind, name, scene, surroundings, logKeys)
}

async function proveParty<K extends NameKind>(
  kind: K,
  name: string,
  { file, at, roots }: Scene,
  surroundings: Surroundings,
  logAt: (at: Instant) => Log | undefined,
): Promise<Party<RecordOf[K]>> {
  const resolution = file.chain.resolutions.find((one) => one.name === name)
  if (resolution === undefined) {
    throw new ProtocolError('chain-missing', `reading the chain: it has no resolution of ${quote(name)}`)
  }
  const stated = parseTime(readSigned(statementNoun, statementIn(resolution)).payload.at)
  const { zone } = parseName(name)
  const log = logAt(stated)
  const statement = await proveStatement(resolution, zone, name, log ? [log.key] : [])
  if (stated < at - times.stale) {
    throw new ProtocolError(
      'stale',
      `reading the chain: the statement on ${quote(name)} is of ${statement.payload.at}, more than a day before the answer`,
    )
  }
  const history = await replay({ kind, name }, resolution.records, statement.payload.record, surroundings, stated)
  const vouched = log
    ? await proveStated(resolution, statement.payload.record, log, policyAt(roots, zone, stated), {
        stated,
        answered: at,
      })
    : 'stated'
  const record = history.findLast(({ payload }) => parseTime(payload.at) <= at)
  if (record === undefined) {
    throw new ProtocolError('chain-missing', `reading the chain: ${quote(name)} did not stand at ${formatTime(at)}`)
  }
  return { history, record, vouched, stated }
}

type Log = { readonly origin: string; readonly key: PublicKey }

/** The log in force when a statement was made. */
function logsAt<T extends AnyRecord>(
  history: readonly Verified<T>[],
  logOf: (record: T) => Log,
): (at: Instant) => Log | undefined {
  return (at) => {
    const record = inForce(history, at)
    return record && logOf(record.payload)
  }
}

function wordsOf({ vouched }: Pick<Party<AnyRecord>, 'vouched'>): string {
  return { cosigned: ', in a cosigned head', uncosigned: ", in its zone's head", stated: '' }[vouched]
}

function notActive({ payload }: Verified<AnyRecord>, is: string): ProtocolError {
  return new ProtocolError('not-active', `reading the chain: ${quote(payload.name)} is ${is}`, { is })
}
