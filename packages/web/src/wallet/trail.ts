import { ProtocolError } from '@dcann/protocol/errors'
import { type Line, proveLines, type Proof } from '@dcann/sdk/prove-trail'
import type { Holder } from './holder.ts'

/** A line of the trail, and how it stands in the node's log. */
export type Proved = { readonly line: Line; readonly proof: Proof }

/** The whole trail, oldest first: every line, each proved, or why nothing of it is. */
export type Trail = {
  readonly lines: readonly Proved[]
  readonly broken: ProtocolError | undefined
  /** Names of requesters as their countries' records give them, where these could be had. */
  readonly names: ReadonlyMap<string, string>
}

const pagesMost = 400

/** Reads every page and proves every line: that its chain has no gap, and that it is in the log under the node's own key. */
export async function readTrail({ vault, by, home, resolver }: Holder): Promise<Trail> {
  const lines: Line[] = []
  let after: string | undefined
  for (let page = 0; page < pagesMost; page++) {
    const read = await vault.readTrail(by, { limit: 256, prove: true, ...(after === undefined ? {} : { after }) })
    const { log } = read
    lines.push(...read.lines.map((line) => (log ? { ...line, log } : line)))
    if (read.next === undefined || read.next === after) break
    after = read.next
  }
  const names = await namesOf(resolver, lines)
  try {
    const proofs = await proveLines(lines, lines, { home, vault })
    const broken = proofs.find((proof) => proof.is === 'broken')
    return {
      lines: lines.map((line, i) => ({ line, proof: proofs[i] ?? { is: 'waiting' } })),
      broken: broken?.is === 'broken' ? new ProtocolError('evidence-broken', broken.why) : undefined,
      names,
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return { lines: lines.map((line) => ({ line, proof: { is: 'waiting' } })), broken: error, names }
  }
}

const namesMost = 64

async function namesOf(resolver: Holder['resolver'], lines: readonly Line[]): Promise<ReadonlyMap<string, string>> {
  const requesters = [...new Set(lines.flatMap(({ requester }) => requester ?? []))].slice(0, namesMost)
  const found = await Promise.all(
    requesters.map(async (name): Promise<readonly [string, string][]> => {
      const resolved = await resolver?.resolveName(name, { kind: 'requester' }).catch(() => undefined)
      return resolved?.record ? [[name, resolved.record.payload.legal_name]] : []
    }),
  )
  return new Map(found.flat())
}
