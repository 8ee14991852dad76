import type { Commit } from '@dcann/store/store'
import { expect } from 'vitest'
import { act, type Kind, signAct } from './acting.ts'
import { type AskHow, ask, sign } from './asking.ts'
import type { Model } from './model.ts'
import { beginAnew, sendTo, type System } from './system.ts'

const isDeciding = ({ writes }: Commit): boolean =>
  writes.some(({ key }) => key.startsWith('nonces/') || key.startsWith('agreements/acts/'))

/** What only the node's memory held is gone. */
export async function anew(model: Model, system: System, how: 'crashed' | 'restarted'): Promise<void> {
  await beginAnew(system, how)
  model.high = model.kept
  model.heard = false
  model.versions.splice(0, model.versions.length - 1)
}

export type CrashHow = {
  readonly what: 'ask' | 'act'
  /** Before the commit reached the disk, or after, when nobody has heard of it. */
  readonly when: 'before' | 'after'
  readonly how: AskHow
  readonly kind: Kind
}

/** The process is killed while it decides. */
export async function crashWhile(model: Model, system: System, one: CrashHow): Promise<void> {
  if (one.when === 'after') {
    if (one.what === 'ask') await ask(model, system, one.how)
    else await act(model, system, { agreement: one.how.agreement, kind: one.kind })
    return await anew(model, system, 'crashed')
  }
  const held = system.gate.hold(isDeciding)
  const { gate } = system
  const lost =
    one.what === 'ask'
      ? sendTo(system.network.vaults.tallinn, (await sign(model, system, one.how)).sealed)
      : system.person.vault.act(await signAct(system, one.how.agreement % model.agreements.length, one.kind))
  const ending = lost.then(
    () => 'ended' as const,
    () => 'ended' as const,
  )
  const first = await Promise.race([held, ending])
  // refused before anything was to be written
  if (first === 'ended') expect(one.what).toBe('act')
  await anew(model, system, 'crashed')
  gate.open()
  await ending
}
