import { makeAct } from '@dcann/sdk/wallet-documents'
import { expect } from 'vitest'
import { codeOf } from '../code-of.ts'
import { decideAt, hear, isOdd, keepTime, oddCodes, pick, tally } from './expected.ts'
import { afterAct, type Model, type ModelAgreement } from './model.ts'
import type { System } from './system.ts'

/** An act as the model takes it in. */
function acted(model: Model, agreement: ModelAgreement, kind: Kind): void {
  agreement.acted = afterAct(agreement.acted, kind) ?? agreement.acted
  agreement.chain.push(`act ${kind}`)
  keepTime(model)
}

export type Kind = 'pause' | 'resume' | 'revoke' | 'retire' | 'dispute'

/** Signs an act: the holder's under the handle, the company's under its own key. */
export async function signAct(system: System, at: number, kind: Kind) {
  const agreed = pick(system.agreed, at)
  const [company] = system.network.cast.requesters.insurer.keys
  const signer = kind === 'retire' ? company : agreed.handleKey
  if (!signer) throw new Error('the insurer has no key')
  return await makeAct(system.world, kind, agreed.agreement, signer)
}

/** Does it, and holds what came of it against the state as the model has it. */
export async function act(
  model: Model,
  system: System,
  { agreement: wanted, kind }: { agreement: number; kind: Kind },
): Promise<void> {
  const at = wanted % model.agreements.length
  const agreement = pick(model.agreements, at)
  const signed = await signAct(system, at, kind)
  const made = Math.floor(system.world.now())
  const now = decideAt(model, system)
  if (kind === 'retire') hear(model)
  let n = 0
  const code = await codeOf(async () => ({ n } = await system.person.vault.act(signed)))
  tally(model, `${kind} ${code}`)
  if (code !== 'admitted') {
    const refused = afterAct(agreement.acted, kind) === undefined ? 'not-active' : undefined
    const dated = kind === 'resume' && Math.abs(made - now) > 300 ? 'time-invalid' : undefined
    // a holder's stop hangs on no clock
    const odd = isOdd(model) && kind !== 'revoke' && kind !== 'pause'
    expect([refused, dated, ...(odd ? oddCodes : [])]).toContain(code)
    return
  }
  expect(afterAct(agreement.acted, kind)).toBeDefined()
  acted(model, agreement, kind)
  expect(n).toBe(agreement.chain.length)
  system.acts.push({ signed, agreement: at, kind, n })
}

/** Sends an act again that was done before: it has its number already, and changes nothing. */
export async function actAgain(model: Model, system: System, which: number): Promise<void> {
  if (system.acts.length === 0) return
  const one = pick(system.acts, which)
  decideAt(model, system)
  let n = 0
  const code = await codeOf(async () => ({ n } = await system.person.vault.act(one.signed)))
  tally(model, `again ${one.kind} ${code}`)
  // a resume that is sent again later is refused for its date, and nothing else is
  if (code === 'admitted') expect(n).toBe(one.n)
  else expect(isOdd(model) ? oddCodes : one.kind === 'resume' ? ['time-invalid'] : []).toContain(code)
}
