import { assertionNoun } from '@dcann/protocol/assertion'
import { evidenceLeaf } from '@dcann/protocol/evidence'
import { readSigned, signedSchema } from '@dcann/protocol/signed'
import { parseTime } from '@dcann/protocol/time'
import { states } from '@dcann/vault-node/agreements/shelf'
import { type Line, lines } from '@dcann/vault-node/evidence/shelf'
import { checkChains } from '@dcann/vault-node/fsck'
import { expect } from 'vitest'
import { day, hasEnded, type Model, type ModelAgreement, questions, terms } from './model.ts'
import type { Answer, System } from './system.ts'

/** An answer's numbers, after what it lets out was held against the terms. */
export function openAnswer(
  { body }: Answer,
  question: keyof typeof questions,
  agreement: ModelAgreement,
): { readonly n: number; readonly grantSeq: number; readonly iat: number } {
  const { n, grant_seq, iat, items } = readSigned(assertionNoun, signedSchema.parse(body['assertion'])).payload
  expect(items.length).toBeGreaterThan(0)
  for (const { term, derived = {}, entries = [] } of items) {
    const found = agreement.terms.find((id) => id === term)
    if (found === undefined) throw new Error(`answered under the term ${term}, which was not taken`)
    expect(questions[question].draws).toContain(found)
    const { claims, days } = terms[found]
    const allowed: readonly string[] = claims ?? ['city', 'fare_amount']
    const given = [...Object.keys(derived), ...entries.flatMap((entry) => Object.keys(entry.body))]
    expect(given.filter((name) => !allowed.includes(name))).toEqual([])
    const oldest = Math.min(...entries.map(({ at }) => parseTime(at)))
    if (days !== null) expect(oldest).toBeGreaterThanOrEqual(iat - days * day)
    // every fourth entry is about others
    const ofOthers = entries.filter(
      (entry) => typeof entry.body['city'] === 'string' && Number(entry.body['city'].slice(5)) % 4 === 3,
    )
    expect(ofOthers).toEqual([])
  }
  expect(iat).toBeLessThan(agreement.until)
  return { n, grantSeq: grant_seq, iat }
}

/** The chain of an agreement as the store has it, every link made again. */
export async function readChain({ gate }: System, agreement: string): Promise<readonly Line[]> {
  const found: Line[] = []
  for (let after: string | undefined, more = true; more;) {
    const page = await gate.store.range(
      lines.page(['a', agreement], { limit: 256, ...(after === undefined ? {} : { after }) }),
    )
    found.push(...page.map((one) => lines.entry(one).value))
    after = page.at(-1)?.key
    more = page.length === 256
  }
  let prev: string | null = null
  found.forEach(({ entry, salt }, i) => {
    expect([entry.n, entry.prev]).toEqual([i + 1, prev])
    prev = evidenceLeaf(salt, entry)
  })
  return found
}

export const wordsOf = ({ entry }: Line): string => `${entry.kind} ${entry.outcome}`

/** What has to hold after every step, whatever it was. */
export async function inspect(model: Model, system: System): Promise<void> {
  const ids = system.agreed.map(({ agreement }) => agreement)
  const places = ids.map((id) => states.at(id))
  const snapshot = await system.gate.store.read(places.map(({ key }) => key))
  for (const [i, agreement] of model.agreements.entries()) {
    const id = ids[i] ?? ''
    const state = places[i]?.from(snapshot)?.value
    if (!state) throw new Error(`the agreement ${i} has no state`)
    const chain = await readChain(system, id)
    // the trail of what happened, complete and in order
    expect(chain.map(wordsOf)).toEqual(agreement.chain)
    expect([state.n, state.acted]).toEqual([chain.length, agreement.acted])
    expect(state.answers).toBe(chain.filter((line) => wordsOf(line) === 'answer answered').length)
    const before = system.before.get(id)
    if (before) {
      expect(state.grant_seq).toBeGreaterThanOrEqual(before.grant_seq)
      expect(state.n).toBeGreaterThanOrEqual(before.n)
      if (before.acted === 'revoked' || before.acted === 'retired' || before.acted === 'superseded')
        expect(state.acted).toBe(before.acted)
    }
    system.before.set(id, { n: state.n, grant_seq: state.grant_seq, acted: state.acted })
    if (hasEnded(agreement.acted)) expect(chain[state.grant_seq - 1]?.entry.kind).toBe('act')
  }
  expect(model.requests.filter(({ answered }) => answered > 1)).toEqual([])
}

/** What has to hold at the end: the holder's trail shows every entry, and nothing is broken. */
export async function inspectEnd(model: Model, system: System): Promise<void> {
  model.skew = 0
  const shown = new Map<string, number>()
  for (let after: string | undefined, more = true; more;) {
    const page = await system.person.vault.readTrail(system.person.by, after === undefined ? {} : { after })
    for (const { entry } of page.lines) {
      const of = entry.agreement ?? 'her own'
      shown.set(of, (shown.get(of) ?? 0) + 1)
    }
    after = page.next ?? undefined
    more = after !== undefined
  }
  for (const [i, { chain }] of model.agreements.entries())
    expect(shown.get(system.agreed[i]?.agreement ?? '') ?? 0).toBe(chain.length)
  expect((await checkChains(system.gate.store)).broken).toEqual([])
}
