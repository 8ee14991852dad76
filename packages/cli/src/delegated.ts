import { type Capability, capabilityNoun } from '@dcann/protocol/capability'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { thumbprint } from '@dcann/protocol/key'
import { readSigned } from '@dcann/protocol/signed'
import { makeCapabilityEnd } from '@dcann/sdk/capability'
import type { Holder } from './holder.ts'
import { minuteOf } from './plain-words.ts'
import { table } from './wrap.ts'

/** A key that has a right on the vault, or had one. */
export type Delegated = { readonly id: string; readonly ended: boolean; readonly capability: Capability }

/** The keys that have a right, by thumbprint; a card is a key of right `narrow`. */
export async function listDelegated({ vault, by }: Holder): Promise<Delegated[]> {
  const { capabilities } = await vault.listCapabilities(by)
  return capabilities.map(({ capability, ended }) => {
    const { payload } = readSigned(capabilityNoun, capability)
    return { id: thumbprint(payload.key), ended, capability: payload }
  })
}

export function describeDelegated(keys: readonly Delegated[], none: string): string[] {
  if (keys.length === 0) return [none]
  return keys.flatMap(({ id, ended, capability: { right, at, until } }) => [
    `${id}${ended ? ': ended' : ''}`,
    ...table([
      ['May', meaning[right]],
      ['Made', minuteOf(at)],
      ['Until', minuteOf(until)],
    ]),
  ])
}

const meaning: Readonly<Record<Capability['right'], string>> = {
  all: 'do what you do, but not change the passport nor give rights on (all)',
  agree: 'see asks, agree and refuse (agree)',
  read: 'look at everything, change nothing (read)',
  narrow: 'pause, revoke, refuse and complain, and see nothing (narrow)',
}

/** Ends a key's right, whichever it is. Throws `not-found` for one that has none. */
export async function endDelegated(holder: Holder, id: string): Promise<void> {
  const found = (await listDelegated(holder)).find((one) => one.id === id)
  if (!found) {
    throw new ProtocolError('not-found', `ending ${quote(id, 43)}: no such key has a right; look at: dcann device list`)
  }
  const { world, passport, control, vault } = holder
  await vault.endCapability(await makeCapabilityEnd(world, passport, found.capability.key, control))
}
