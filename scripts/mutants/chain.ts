import { type Mutant, mutantsOf } from './mutant.ts'

const chain = ['test/agreement-chain.test.ts']
const following = 'vault-node/src/following/requesters.ts'
const memory = mutantsOf(following, chain)
const cover = mutantsOf('packages/protocol/src/cover.ts', chain)
const rule = mutantsOf('packages/protocol/src/agreement.ts', chain)

/** What the model of the agreement chain has to find by itself, whatever other tests know of it. */
export const chains: readonly Mutant[] = [
  memory(
    'chain-memory-outlives-the-process',
    'goes by what it heard of a requester before it was restarted',
    '  const known = new Map<string, Known>()\n',
    '  const known = everKnown\n',
    { file: following, from: 'const mostKnown =', to: 'const everKnown = new Map<string, Known>()\nconst mostKnown =' },
  ),
  cover(
    'chain-registered-use-ignored',
    'answers for a use that the registrar has taken away',
    '  requireRegisteredUse(term, requester)\n',
    '',
  ),
  rule(
    'chain-expiry-inclusive',
    'answers in the second in which an agreement ends',
    'if (now >= allowance.until)',
    'if (now > allowance.until)',
  ),
]
