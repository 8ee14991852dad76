import type { PublicKey, Signer } from '@dcann/protocol/key'
import {
  passportAfter,
  type PassportChange,
  passportNoun,
  passportRecovered,
  type PassportRecord,
} from '@dcann/protocol/passport'
import { recoveryDigest, type RecoverySet } from '@dcann/protocol/recovery'
import type { Held } from '@dcann/protocol/record'
import { parseSchema, type RecordId, type Signed, signPayload } from '@dcann/protocol/signed'
import { formatTime } from '@dcann/protocol/time'
import { freshNonce, instantOf, type SigningWorld } from './world.ts'

/** What a holder changes by a control key; whatever is left out stays. */
export type Changed = Omit<PassportChange, 'at' | 'salt'>

/**
 * Makes the record by which control keys change a passport: rotate to other keys, announce the next, name a recovery set, end
 * it. The signers are a control key of the record held or an announced one, and with a new home its identity key too.
 *
 * ```ts
 * const { record } = await resolver.resolveName(identifier, { kind: 'passport', fresh: true })
 * await registry.submit(await changePassport(world, record, { status: 'ended' }, [control]))
 * ```
 *
 * spec: passport#admission
 */
export async function changePassport(
  world: SigningWorld,
  held: Held<PassportRecord>,
  change: Changed,
  signers: readonly Signer[],
): Promise<Signed> {
  return await sign(passportAfter(held, { ...change, ...freshly(world) }), signers)
}

/** What a recovery set appoints, and whether everything goes back to how things were when the passport was settled last. */
export type Appointed = {
  readonly keys: readonly PublicKey[]
  readonly next?: readonly string[]
  /** The set from now on; the one that acts has been shown to everybody. */
  readonly set: RecoverySet | null
  readonly undoes?: RecordId
}

/**
 * Makes the record by which a recovery set acts: it is opened, as many of its keys as its threshold says sign, and new control
 * keys are appointed. What it `undoes` is the record in `fallback`.
 *
 * spec: recovery#act
 */
export async function recoverPassport(
  world: SigningWorld,
  held: Held<PassportRecord>,
  opens: RecoverySet,
  { keys, next = [], set, undoes }: Appointed,
  signers: readonly Signer[],
): Promise<Signed> {
  const record = passportRecovered(held, {
    keys: [...keys],
    next: [...next],
    recovery: set && recoveryDigest(set),
    opens,
    ...(undoes === undefined ? {} : { undoes }),
    ...freshly(world),
  })
  return await sign(record, signers)
}

function freshly(world: SigningWorld): Pick<PassportChange, 'at' | 'salt'> {
  return { at: formatTime(instantOf(world)), salt: freshNonce(world) }
}

async function sign(record: PassportRecord, signers: readonly Signer[]): Promise<Signed> {
  const payload = parseSchema(passportNoun.schema, record, 'changing a passport')
  return await signPayload(passportNoun, payload, signers)
}
