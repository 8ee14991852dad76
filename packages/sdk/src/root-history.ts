import { ProtocolError, quote } from '@dcann/protocol/errors'
import { admitRoot, rootNoun, type RootRecord, rootSigners } from '@dcann/protocol/root'
import { proveSigned, readSigned, type RecordId, type Signed, type Verified } from '@dcann/protocol/signed'
import { type Instant, parseTime } from '@dcann/protocol/time'

/**
 * Admits versions of the root from the first on, and demands that the pinned one is among them. Throws `root-invalid`.
 *
 * spec: root#trust
 */
export async function admitRoots(
  signed: readonly Signed[],
  pin: RecordId,
  now: Instant,
): Promise<readonly Verified<RootRecord>[]> {
  const roots: Verified<RootRecord>[] = []
  for (const [i, one] of signed.entries()) {
    try {
      roots.push(await admitNext(roots.at(-1), one, now))
    } catch (error) {
      throw rootInvalid(`admitting version ${i + 1} of the root`, error)
    }
  }
  if (!roots.some(({ id }) => id === pin)) {
    throw new ProtocolError(
      'root-invalid',
      `admitting the root: the pinned ${quote(pin, 43)} is none of its ${roots.length} version(s); compare the root file with one from elsewhere`,
    )
  }
  return roots
}

/**
 * Admits one version after the one held, at the time that it bears, which is none to come: what was expired or silent at
 * `now` was not when it was signed. Throws what `readSigned`, `proveSigned` and `admitRoot` throw.
 */
export async function admitNext(
  held: Verified<RootRecord> | undefined,
  signed: Signed,
  now: Instant,
): Promise<Verified<RootRecord>> {
  const submitted = readSigned(rootNoun, signed)
  const proposed = await proveSigned(submitted, rootSigners(held?.payload, submitted.payload))
  admitRoot(held, proposed, Math.min(now, parseTime(proposed.payload.at)))
  return proposed
}

/** What kept a root from being admitted, as `root-invalid`; a `rollback` stays one. */
export function rootInvalid(doing: string, cause: unknown): ProtocolError {
  if (!(cause instanceof ProtocolError)) throw cause
  if (cause.code === 'rollback') return cause
  return new ProtocolError('root-invalid', `${doing}: ${cause.message}`, { cause: cause.code })
}
