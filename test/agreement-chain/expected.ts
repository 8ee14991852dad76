import { expect } from 'vitest'
import { openAnswer } from './inspect.ts'
import { believable, countAnswer, isUsedUp, type Model, type ModelRequest, type Version, verdict } from './model.ts'
import { type Answer, readingOf, type System } from './system.ts'

export const hasAgreement = ({ agreements }: Model): boolean => agreements.length > 0
export const pick = <T>(all: readonly T[], at: number): T => {
  const found = all[at % all.length]
  if (found === undefined) throw new Error('picking from nothing')
  return found
}

/** Whether the node's clock is so far off that it may refuse anything, and answers nothing that it should not. */
export const isOdd = ({ skew }: Model): boolean => Math.abs(skew) > 300
export const oddCodes = ['unavailable', 'stale', 'time-invalid', 'signature-expired']

/** The time that the node decides at. A reading too far past what registries have signed raises nothing. */
export function decideAt(model: Model, system: System): number {
  const reading = readingOf(system, model)
  if (model.skew <= 300 && reading > model.high) model.high = reading
  return model.high
}

/** What a commit has written of the time. */
export function keepTime(model: Model): void {
  if (model.heard && model.high > model.kept) model.kept = model.high
}

/** The node looks the insurer up, and with that hears what time it is; a clock far off believes no registry. */
export function hear(model: Model): void {
  if (model.skew >= -300 && model.skew <= 400) model.heard = true
}

export function versionsNow(model: Model, system: System): readonly Version[] {
  // a node whose clock is far behind believes no registry, and may go on for ten minutes by its other clock
  return believable(model, system.network.time.monotonic(), model.skew < -300 ? 600 : 61)
}

export function tally(model: Model, code: string): void {
  model.seen.set(code, (model.seen.get(code) ?? 0) + 1)
}

/** Which agreement a request reaches: the one it names, else the newest of its handle. */
export function reached(model: Model, { agreement, handle }: ModelRequest): number | undefined {
  return agreement ?? model.newest.get(handle)
}

/** What a request may be answered with now, its nonce unspent and its signature in time. */
export function allowed(model: Model, system: System, request: ModelRequest, now: number): Set<string> {
  const at = reached(model, request)
  const agreement = at === undefined ? undefined : model.agreements[at]
  if (!agreement) return new Set(['not-found'])
  const codes = versionsNow(model, system).map((version) => {
    const code = verdict(agreement, request.question, version, now)
    if (code !== 'answered') return code
    const stored = model.stored.get(request.id)
    if (stored && stored.until > now) return stored.to === bodyKey(request) ? 'repeated' : 'id-reused'
    return isUsedUp(agreement, request.question, now) ? 'frequency-exceeded' : 'answered'
  })
  return new Set(isOdd(model) ? [...codes, ...oddCodes] : codes)
}

/** Requests with one of these are one body; times in a question are the node's, so that is in it as well. */
export const bodyKey = ({ question, agreement, handle, body }: ModelRequest): string =>
  `${question} ${agreement ?? `handle ${handle}`} ${body}`

/** Takes an outcome into the model, after holding it against what was allowed. */
export function takeIn(
  model: Model,
  request: ModelRequest,
  answer: Answer,
  codes: ReadonlySet<string>,
  now: number,
): void {
  const { code } = answer
  tally(model, code)
  const at = reached(model, request)
  const agreement = at === undefined ? undefined : model.agreements[at]
  if (code === 'answered') {
    if (!agreement) throw new Error('answered without an agreement')
    const { n, iat } = openAnswer(answer, request.question, agreement)
    request.spent = true
    request.answered++
    if (n <= agreement.chain.length) {
      expect(codes).toContain('repeated')
      expect(agreement.chain[n - 1]).toBe('answer answered')
      return
    }
    expect(codes).toContain('answered')
    expect([n, iat]).toEqual([agreement.chain.length + 1, now])
    agreement.chain.push('answer answered')
    countAnswer(agreement, request.question, now)
    model.stored.set(request.id, { to: bodyKey(request), until: now + 300 })
    keepTime(model)
    return
  }
  expect([...codes]).toContain(code)
  // these cost the node nothing durable
  if (code === 'unavailable' || code === 'stale' || code === 'signature-expired') return
  request.spent = true
  if (code !== 'not-found' && agreement) agreement.chain.push(`refusal ${code}`)
  keepTime(model)
}
