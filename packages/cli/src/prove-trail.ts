import { fromBase64Url } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import { evidenceLeaf, judgeChain } from '@dcann/protocol/evidence'
import type { PublicKey } from '@dcann/protocol/key'
import { openCheckpoint } from '@dcann/protocol/log/checkpoint'
import { leafHash } from '@dcann/protocol/log/merkle'
import { verifyInclusion } from '@dcann/protocol/log/proof'
import type { evidenceAnswer, trailAnswer } from '@dcann/protocol/vault-api'
import type { z } from 'zod'
import type { Holder } from './holder.ts'
import type { Screen } from './screen.ts'

export type Line = z.infer<typeof trailAnswer>['lines'][number]

/** How a line stands: in the log, waiting for the next head of it, or not as it was said to be. */
export type Proof =
  | { readonly is: 'proved'; readonly index: number; readonly size: number }
  | { readonly is: 'waiting' }
  | { readonly is: 'broken'; readonly why: string }

/** Calls under way at a time. */
const width = 4

/**
 * Proves lines of a trail one by one: that their chains have no gap, and that each is in the node's log under a head that the
 * node's identity key, as the registry states it, has signed.
 */
export async function proveLines(
  lines: readonly Line[],
  all: readonly Line[],
  holder: Holder,
  screen: Screen,
): Promise<readonly Proof[]> {
  const { home } = holder
  if (home === undefined) {
    throw new ProtocolError('unreachable', "proving the trail: no registry answers, so the node's key is not known")
  }
  judgeChains(all)
  const { evidence_log: log } = await holder.vault.describe()
  const key = home.node.payload.identity_key
  const proofs: Proof[] = []
  for (let i = 0; i < lines.length; i += width) {
    screen.progress(`proving ${i} of ${lines.length}`)
    const some = lines.slice(i, i + width)
    proofs.push(...(await Promise.all(some.map(async (line) => await proveLine(line, holder, log.origin, key)))))
  }
  return proofs
}

/** A gap or a fork in the numbers of a chain would hide an answer. Throws `evidence-broken`. */
function judgeChains(lines: readonly Line[]): void {
  for (const [, chain] of Map.groupBy(lines, ({ entry }) => entry.agreement ?? entry.passport)) {
    const [first] = chain
    if (first !== undefined && first.entry.n !== 1) {
      throw new ProtocolError(
        'evidence-broken',
        `proving the trail: a chain begins with line ${first.entry.n}, expected 1`,
      )
    }
    judgeChain(chain)
  }
}

async function proveLine({ entry, salt }: Line, { vault, by }: Holder, origin: string, key: PublicKey): Promise<Proof> {
  try {
    const answer = await vault.readEvidence(by, entry.agreement, entry.n)
    return await proveInclusion(evidenceLeaf(salt, entry), answer, origin, key)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    if (error.code === 'unreachable') throw error
    return { is: 'broken', why: `line ${entry.n}: ${error.message} (${error.code})` }
  }
}

async function proveInclusion(
  leaf: string,
  { entry, salt, inclusion }: z.infer<typeof evidenceAnswer>,
  origin: string,
  key: PublicKey,
): Promise<Proof> {
  if (evidenceLeaf(salt, entry) !== leaf) {
    throw new ProtocolError('evidence-broken', 'proving a line: the evidence says something else than the trail')
  }
  if (inclusion === undefined) return { is: 'waiting' }
  const { index, size, proof, checkpoint } = inclusion
  const head = await openCheckpoint(checkpoint, { name: origin, key })
  if (head.size !== size) {
    throw new ProtocolError(
      'evidence-broken',
      `proving a line: the head is of ${head.size} lines, the proof of ${size}`,
    )
  }
  verifyInclusion({
    leaf: leafHash(fromBase64Url(leaf)),
    index,
    size,
    root: head.root,
    proof: proof.map((hash) => fromBase64Url(hash)),
  })
  return { is: 'proved', index, size }
}
