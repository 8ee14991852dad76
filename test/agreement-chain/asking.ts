import { expect } from 'vitest'
import type { Sealed } from '../consented.ts'
import { allowed, decideAt, hear, isOdd, oddCodes, pick, takeIn, tally } from './expected.ts'
import type { Model, ModelRequest, QuestionName } from './model.ts'
import { drawn, readingOf, sendTo, signAsk, type System } from './system.ts'

/** What is asked, under which agreement, and whether by its name or by its handle alone. */
export type AskHow = { readonly agreement: number; readonly question: QuestionName; readonly named: boolean }

/** Signs a request, and has the model know of it. */
export async function sign(
  model: Model,
  system: System,
  how: AskHow,
  change: { readonly id?: string; readonly nonce?: string } = {},
): Promise<{ readonly request: ModelRequest; readonly sealed: Sealed; readonly now: number }> {
  const at = how.agreement % model.agreements.length
  const now = decideAt(model, system)
  const id = change.id ?? drawn(system)
  const nonce = change.nonce ?? drawn(system)
  const reading = readingOf(system, model)
  const agreed = pick(system.agreed, at)
  const sealed = await signAsk(system, { id, nonce, question: how.question, agreed, named: how.named, reading, now })
  const request: ModelRequest = {
    id,
    nonce,
    created: reading,
    question: how.question,
    agreement: how.named ? at : undefined,
    handle: model.agreements[at]?.handle ?? 0,
    body: Buffer.from(sealed.body).toString('base64url'),
    spent: false,
    answered: 0,
  }
  hear(model)
  model.requests.push(request)
  system.sent.push(sealed)
  return { request, sealed, now }
}

/** Asks, and holds the answer against what was allowed. */
export async function ask(
  model: Model,
  system: System,
  how: AskHow,
  change: { readonly id?: string } = {},
): Promise<void> {
  const { request, sealed, now } = await sign(model, system, how, change)
  const codes = allowed(model, system, request, now)
  takeIn(model, request, await sendTo(system.network.vaults.tallinn, sealed), codes, now)
}

export type ReplayHow = { readonly which: number; readonly how: 'bytes' | 'id' | 'nonce' }

/** Sends one of the last requests again: the same bytes, its id under a new nonce, or its nonce under another id. */
export async function replay(model: Model, system: System, one: ReplayHow): Promise<void> {
  // the younger ones, whose signatures may still be good
  const recent = Math.min(4, model.requests.length)
  const at = model.requests.length - 1 - (one.which % recent)
  const request = pick(model.requests, at)
  const how = {
    agreement: request.agreement ?? model.newest.get(request.handle) ?? 0,
    question: request.question,
    named: request.agreement !== undefined,
  }
  if (one.how === 'id') return await ask(model, system, how, { id: request.id })
  const reading = readingOf(system, model)
  const inTime = reading >= request.created - 5 && reading < request.created + 65
  // what is out of its window is refused before anything is decided
  const now = inTime ? decideAt(model, system) : model.high
  if (one.how === 'nonce') {
    // the same second, or its place among the spent ones is another
    if (!inTime || reading !== request.created || !request.spent) return
    const again = await sign(model, system, how, { nonce: request.nonce })
    const answer = await sendTo(system.network.vaults.tallinn, again.sealed)
    tally(model, `nonce ${answer.code}`)
    expect(['replayed', ...(isOdd(model) ? oddCodes : [])]).toContain(answer.code)
    again.request.spent = true
    return
  }
  const sealed = pick(system.sent, at)
  const codes = allowed(model, system, request, now)
  const answer = await sendTo(system.network.vaults.tallinn, sealed)
  if (inTime && !request.spent) return takeIn(model, request, answer, codes, now)
  tally(model, `again ${answer.code}`)
  expect([
    inTime ? 'replayed' : 'signature-expired',
    ...(request.spent ? ['replayed'] : []),
    ...(isOdd(model) ? oddCodes : []),
  ]).toContain(answer.code)
}
