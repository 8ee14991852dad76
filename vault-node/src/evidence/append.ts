import { type EvidenceEntry, evidenceLeaf } from '@dcann/protocol/evidence'
import type { Soon } from '@dcann/protocol/notice'
import type { Write } from '@dcann/store/store'
import { stirred } from '../notices/shelf.ts'
import { freshSalt, type World } from '../world.ts'
import { chainOf, type ChainHead, lines, padded, pendingLeaves, trailIndex } from './shelf.ts'

/** What happened, before it has its number. */
export type Happening = Omit<EvidenceEntry, 'v' | 'n' | 'prev'> & {
  /** Whose trail shows it; the chain's own passport for a passport chain. */
  readonly of: string
  readonly requester?: string
  readonly about?: readonly string[]
  /** What the holder is told of it soon, if anything. */
  readonly soon?: Soon | undefined
}

/** An entry about to be written: where its chain then ends, and the writes that put it there. */
export type Appended = {
  readonly head: { readonly n: number; readonly leaf: string }
  readonly writes: readonly Write[]
}

/** Keeps the order of what this process appends within one millisecond. */
let appended = 0

/** A place in the order of what happens, as keys of trails have it. */
export function orderOf(world: Pick<World, 'now'>): string {
  appended = (appended + 1) % 1_000_000
  return `${padded(Math.floor(world.now() * 1000), 15)}-${padded(appended, 6)}`
}

/**
 * Describes the writes of one line of evidence: the line, its place in the trail, and its leaf waiting for the log. The
 * caller commits them together with the head it read, expecting that head unchanged.
 */
export function appendEvidence(world: Pick<World, 'now' | 'random'>, head: ChainHead, happening: Happening): Appended {
  const { of, requester, about = [], soon, ...rest } = happening
  const entry: EvidenceEntry = { v: 1, n: head.n + 1, prev: head.leaf, ...rest }
  const salt = freshSalt(world)
  const leaf = evidenceLeaf(salt, entry)
  const [kind, name] = chainOf(entry)
  const moment = orderOf(world)
  return {
    head: { n: entry.n, leaf },
    writes: [
      lines.at(kind, name, padded(entry.n)).put(
        {
          entry,
          salt,
          passport: of,
          ...(requester ? { requester } : {}),
          about: [...about],
          ...(soon ? { soon } : {}),
        },
        'absent',
      ),
      trailIndex.at(of, `${moment}-${leaf}`).put(`${kind}/${name}/${padded(entry.n)}`, 'absent'),
      ...(soon ? [stirred.at(of).put(entry.at)] : []),
      pendingLeaves.at(`${moment}-${leaf}`).put(leaf, 'absent'),
    ],
  }
}
