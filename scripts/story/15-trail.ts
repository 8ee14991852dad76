import { type Act, insist } from './stage.ts'

/** Her trail, each line with its proof. */
export const trail: Act = async ({ hers, dcann }) => {
  // the node signs the next head of its evidence log within about a second
  let lines: readonly Line[] = []
  for (let tries = 0; tries < 10; tries++) {
    lines = (await dcann('trail', '--prove'))['lines'] as readonly Line[]
    if (lines.every(({ proof }) => proof?.is === 'proved')) break
  }
  const proved = lines.filter(({ proof }) => proof?.is === 'proved').length
  insist(lines.length > 0 && proved === lines.length, `${proved} of ${lines.length} lines of her trail are proved`)
  const counts = Map.groupBy(lines, ({ entry }) => entry.outcome)
  const count = (outcome: string): number => counts.get(outcome)?.length ?? 0
  return {
    claim: 'Her trail says who asked for what and what became of it; every line has its proof.',
    proof: [
      `${proved} of ${lines.length} proved in the node’s log: ${count('answered')} answered, ${count('over-asking')} over-asking, ${count('not-found')} as nobody, ${count('revoke')} revoke`,
    ],
    check: { command: `npx --no-install dcann trail --prove --home ${hers}`, expect: /revoke/ },
  }
}

type Line = { readonly entry: { readonly outcome: string }; readonly proof?: { readonly is: string } }
