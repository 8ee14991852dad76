import { fromBase64Url } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import { evidenceLeaf, judgeChain } from '@dcann/protocol/evidence'
import { openCheckpoint, type ProvedCheckpoint } from '@dcann/protocol/log/checkpoint'
import { leafHash } from '@dcann/protocol/log/merkle'
import { verifyInclusion } from '@dcann/protocol/log/proof'
import type { trailAnswer } from '@dcann/protocol/vault-api'
import type { z } from 'zod'
import type { Home } from './resolved.ts'
import type { VaultClient } from './vault-client.ts'

type Page = z.infer<typeof trailAnswer>

/** A line of the trail, and the head that its place in the log is under. spec: evidence#log */
export type Line = Page['lines'][number] & { readonly log?: Page['log'] }

/** How a line stands: in the log, waiting for the next head of it, or not as it was said to be. */
export type Proof =
  | { readonly is: 'proved'; readonly index: number; readonly size: number }
  | { readonly is: 'waiting' }
  | { readonly is: 'broken'; readonly why: string }

/**
 * Proves lines of a trail: that their chains have no gap, and that each is in the node's log under a head that the node's
 * identity key, as the registry states it, has signed. Throws `evidence-broken` for a chain with a gap or a fork,
 * `unreachable` without a home, since then nobody says which key is the node's.
 *
 * spec: evidence#log
 */
export async function proveLines(
  lines: readonly Line[],
  all: readonly Line[],
  { home, vault }: { readonly home: Home | undefined; readonly vault: Pick<VaultClient, 'describe'> },
): Promise<readonly Proof[]> {
  if (home === undefined) {
    throw new ProtocolError('unreachable', "proving the trail: no registry answers, so the node's key is not known")
  }
  judgeChains(all)
  const { evidence_log: log } = await vault.describe()
  const heads = new Map<string, Promise<ProvedCheckpoint>>()
  const openHead = (checkpoint: string): Promise<ProvedCheckpoint> => {
    const opened =
      heads.get(checkpoint) ?? openCheckpoint(checkpoint, { name: log.origin, key: home.node.payload.identity_key })
    heads.set(checkpoint, opened)
    return opened
  }
  return await Promise.all(lines.map(async (line) => await proveLine(line, openHead)))
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

async function proveLine(
  { entry, salt, inclusion, log }: Line,
  openHead: (checkpoint: string) => Promise<ProvedCheckpoint>,
): Promise<Proof> {
  if (inclusion === undefined || log === undefined) return { is: 'waiting' }
  try {
    const head = await openHead(log.checkpoint)
    if (head.size !== log.size) {
      throw new ProtocolError('evidence-broken', `the head is of ${head.size} lines, the proof of ${log.size}`)
    }
    verifyInclusion({
      leaf: leafHash(fromBase64Url(evidenceLeaf(salt, entry))),
      index: inclusion.index,
      size: log.size,
      root: head.root,
      proof: inclusion.proof.map((hash) => fromBase64Url(hash)),
    })
    return { is: 'proved', index: inclusion.index, size: log.size }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return { is: 'broken', why: `line ${entry.n}: ${error.message} (${error.code})` }
  }
}
