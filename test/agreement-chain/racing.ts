import { expect } from 'vitest'
import { type Kind, signAct } from './acting.ts'
import { sign } from './asking.ts'
import { allowed, bodyKey, decideAt, keepTime, pick, tally } from './expected.ts'
import { openAnswer, readChain, wordsOf } from './inspect.ts'
import { afterAct, countAnswer, type Model, type QuestionName } from './model.ts'
import { sendTo, type System } from './system.ts'

export type RaceHow = {
  readonly agreement: number
  readonly kind: Extract<Kind, 'revoke' | 'pause' | 'retire'>
  readonly questions: readonly [QuestionName, QuestionName]
  /** When each question and the act set out, in turns of the event loop. */
  readonly ticks: readonly [number, number, number]
  /** Whether a question goes to another process over the same store. */
  readonly elsewhere: readonly [boolean, boolean]
}

async function ticks(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise(setImmediate)
}

/** Two questions at once, and what holds the agreement back among them; then a third, once that is acknowledged. */
export async function race(model: Model, system: System, how: RaceHow): Promise<void> {
  const here = system.network.vaults.tallinn
  const now = decideAt(model, system)
  // a second process over the same store; its clock has seen what is kept
  keepTime(model)
  await system.network.round()
  const other = await system.network.again('tallinn')
  const at = how.agreement % model.agreements.length
  const agreement = pick(model.agreements, at)
  const before = agreement.chain.length
  const signs = []
  for (const question of how.questions) signs.push(await sign(model, system, { agreement: at, question, named: true }))
  const afterwards = await sign(model, system, { agreement: at, question: 'rate', named: true })
  const allowedBefore = signs.map(({ request }) => allowed(model, system, request, now))
  const signed = await signAct(system, at, how.kind)
  let acknowledged = 0
  const [first, second, third] = await Promise.all([
    ...signs.map(async ({ sealed }, i) => {
      await ticks(how.ticks[i] ?? 0)
      return await sendTo(how.elsewhere[i] ? other : here, sealed)
    }),
    (async () => {
      await ticks(how.ticks[2])
      const done = await system.person.vault.act(signed)
      acknowledged = done.n
      return await sendTo(here, afterwards.sealed)
    })(),
  ])
  const state = agreement.acted
  agreement.acted = afterAct(state, how.kind) ?? state
  const allowedAfter = signs.map(({ request }) => allowed(model, system, request, now))
  for (const [i, answer] of [first, second].entries()) {
    const one = signs[i]
    if (!answer || !one) throw new Error('a question was not sent')
    tally(model, `race ${answer.code}`)
    one.request.spent = true
    expect([...(allowedBefore[i] ?? []), ...(allowedAfter[i] ?? []), 'frequency-exceeded']).toContain(answer.code)
    if (answer.code !== 'answered') continue
    one.request.answered++
    const { n } = openAnswer(answer, one.request.question, agreement)
    expect(n).toBeLessThan(acknowledged)
    countAnswer(agreement, one.request.question, now)
    model.stored.set(one.request.id, { to: bodyKey(one.request), until: now + 300 })
  }
  const codesAfter = allowed(model, system, afterwards.request, now)
  expect([...codesAfter]).not.toContain('answered')
  expect([...codesAfter]).toContain(third?.code)
  afterwards.request.spent = true
  // the order is the node's; what happened is not
  const chain = (await readChain(system, pick(system.agreed, at).agreement)).map(wordsOf)
  const said = [first, second, third].flatMap((answer) =>
    answer === undefined || answer.code === 'not-found'
      ? []
      : [answer.code === 'answered' ? 'answer answered' : `refusal ${answer.code}`],
  )
  expect(
    chain
      .slice(before)
      .filter((words) => words !== 'answer cut')
      .toSorted(),
  ).toEqual([...said, `act ${how.kind}`].toSorted())
  agreement.chain = chain
  keepTime(model)
  model.versions.splice(0, model.versions.length - 1)
}
