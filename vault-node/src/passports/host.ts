import { ProtocolError, quote } from '@dcann/protocol/errors'
import type { Signer } from '@dcann/protocol/key'
import { admitPassport, passportNoun, passportSigners } from '@dcann/protocol/passport'
import { addSignatures, proveSigned, readSigned, type Signed } from '@dcann/protocol/signed'
import type { Instant } from '@dcann/protocol/time'
import { isStoreError } from '@dcann/store/errors'
import type { Store } from '@dcann/store/store'
import { namePlace } from '../following/shelf.ts'
import { nameKey, passportPlace, standings } from './shelf.ts'
import { standingAfter } from './take-over.ts'

/** Has a record admitted in its zone, wherever that zone's registry is. Idempotent. */
export type SubmitRecord = (record: Signed) => Promise<unknown>

export type HostDesk = {
  readonly store: Store
  readonly node: string
  /** The node's identity key: it accepts passports. */
  readonly identitySigner: Signer
  readonly submit: SubmitRecord
}

/**
 * Takes a passport in: judges the genesis as the registry will, adds this node's signature, has it admitted, keeps it.
 * The same genesis again gets the same record. Throws what `admitPassport` throws, `wrong-zone` never: another home is
 * `rule-broken`.
 */
export async function host(
  { store, node, identitySigner, submit }: HostDesk,
  genesis: unknown,
  now: Instant,
): Promise<{ readonly record: Signed; readonly id: string }> {
  const submitted = readSigned(passportNoun, genesis)
  const { name, home, seq } = submitted.payload
  if (home.node !== node || home.key !== identitySigner.key) {
    throw new ProtocolError(
      'rule-broken',
      `taking a passport in: its home is ${quote(home.node, 60)}, this is ${node} with the key ${identitySigner.key}`,
    )
  }
  if (seq !== 1)
    throw new ProtocolError(
      'rule-broken',
      'taking a passport in: expected a genesis; a passport that lives elsewhere moves by its own procedure',
    )
  const place = passportPlace(name)
  const held = place.from(await store.read([place.key]))
  if (held?.value.id === submitted.id) return { record: held.value.signed, id: held.value.id }
  const accepted = submitted.kids.includes(identitySigner.kid)
    ? submitted.signed
    : await addSignatures(submitted.signed, passportNoun.typ, [identitySigner])
  const proved = await proveSigned(readSigned(passportNoun, accepted), passportSigners(undefined, submitted.payload))
  admitPassport(undefined, undefined, proved, now)
  await submit(accepted)
  try {
    await store.commit({
      writes: [
        place.put({ id: proved.id, record: proved.payload, signed: accepted }, 'absent'),
        standings.at(name).put(standingAfter([proved], node), 'absent'),
        namePlace(nameKey(name)).put(name),
      ],
    })
  } catch (error) {
    // somebody sent the same genesis at the same time
    if (!isStoreError(error, 'conflict')) throw error
  }
  return { record: accepted, id: proved.id }
}
