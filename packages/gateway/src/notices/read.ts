import { type ErrorCode, ProtocolError } from '@dcann/protocol/errors'
import { judgeChain, type OpenedEntry } from '@dcann/protocol/evidence'
import { times } from '@dcann/protocol/limits'
import type { SignedPair } from '@dcann/protocol/pair'
import type { RecordId } from '@dcann/protocol/signed'
import { formatTime } from '@dcann/protocol/time'
import { createVaultClient } from '@dcann/sdk/vault-client'
import { instantOf } from '@dcann/sdk/world'
import { isStoreError } from '@dcann/store/errors'
import type { Write } from '@dcann/store/store'
import { takeSuccessor } from '../agreements/succeed.ts'
import { agreements } from '../agreements/shelf.ts'
import { erasureAsked } from '../evidence/shelf.ts'
import type { InboxDesk } from './take.ts'
import { type Heard, heard, unread } from './shelf.ts'

const pageOf = 256
const together = 8
/** The newest of what happened; the chain has the rest. */
const happenedMost = 64

/**
 * Reads on in every chain that is to be read and is due. Returns how many could not be read now: a vault that does not answer
 * is asked again, less and less often.
 *
 * spec: notice#reading
 */
export async function readChains(desk: InboxDesk, signal?: AbortSignal): Promise<number> {
  const now = instantOf(desk.requester.world)
  const found = (await desk.store.range(unread.page([], { limit: pageOf }))).map((one) => unread.entry(one))
  const due = found.filter(({ value }) => value.due <= now)
  let failed = 0
  for (let i = 0; i < due.length; i += together) {
    if (signal?.aborted) break
    await Promise.all(
      due.slice(i, i + together).map(async ({ key, id: [agreement = ''], value, version }) => {
        const read = await readOn(desk, agreement)
        if (!read) failed++
        const wait = Math.min(times.noticeRetryLeast * 2 ** value.failed, times.noticeRetryMost)
        await commitOrLeave(desk, [
          read
            ? { key, delete: true, expect: version }
            : unread.at(agreement).put({ failed: value.failed + 1, due: now + wait }, version),
        ])
      }),
    )
  }
  return failed
}

/** One chain, from the last line that was read; whether there is nothing left to try. */
async function readOn(desk: InboxDesk, agreement: RecordId): Promise<boolean> {
  const [keptPlace, place] = [agreements.at(agreement), heard.at(agreement)]
  const snapshot = await desk.store.read([keptPlace.key, place.key])
  const kept = keptPlace.from(snapshot)?.value
  const before = place.from(snapshot)
  if (!kept || before?.value.broken) return true
  try {
    const { after, successor } = await follow(desk, agreement, kept.node, before?.value)
    const succeeded =
      successor && !before?.value.successor
        ? await takeSuccessor(desk, agreement, kept.node, successor).catch(unproved)
        : undefined
    await commitOrLeave(desk, [
      place.replace(before, succeeded ? { ...after, successor: succeeded.agreement } : after),
      ...(succeeded?.writes ?? []),
      ...erasing(agreement, before?.value.n ?? 0, after),
    ])
    return true
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    if (!isForGood(error.code) || !before) return false
    await commitOrLeave(desk, [place.replace(before, { ...before.value, broken: error.code })])
    return true
  }
}

/** What does not prove is not taken up; the chain says that the old one is over all the same. */
function unproved(error: unknown): undefined {
  if (!(error instanceof ProtocolError)) throw error
}

/** That the holder has asked for erasure since line `n`: in the commit that hears of it, so that it is not heard for nothing. */
function erasing(agreement: RecordId, n: number, { happened }: Heard): Write[] {
  const asked = happened.some((one) => one.n > n && one.what === 'erasure-request')
  return asked ? [erasureAsked.at(agreement).put(agreement)] : []
}

/** A vault that told another chain before will not be believed for saying it again. */
function isForGood(code: ErrorCode): boolean {
  return code === 'evidence-broken'
}

async function follow(
  { requester }: InboxDesk,
  agreement: RecordId,
  node: string,
  before: Heard | undefined,
): Promise<{ readonly after: Heard; readonly successor: SignedPair | undefined }> {
  const { url } = await requester.home(node)
  const vault = createVaultClient(requester.world, url)
  let { n, leaf, happened } = before ?? { n: 0, leaf: null, happened: [] }
  for (;;) {
    const { entries, standing, successor } = await vault.listEvents(requester.by, agreement, {
      after: n,
      limit: pageOf,
    })
    leaf = linked(agreement, { n, leaf }, entries)
    n += entries.length
    happened = [...happened, ...entries.flatMap(happening)].slice(-happenedMost)
    if (entries.length < pageOf) {
      const read = formatTime(instantOf(requester.world))
      const known = before?.successor === undefined ? {} : { successor: before.successor }
      return { after: { n, leaf, standing, read, happened, ...known }, successor }
    }
  }
}

/** The leaf that the chain ends with. Throws `evidence-broken` for lines that do not follow the ones that were read before. */
function linked(agreement: RecordId, end: Pick<Heard, 'n' | 'leaf'>, entries: readonly OpenedEntry[]): string | null {
  const [first] = entries
  if (!first) return end.leaf
  if (first.entry.n !== end.n + 1 || first.entry.prev !== end.leaf || first.entry.agreement !== agreement) {
    throw new ProtocolError('evidence-broken', `reading a chain: line ${first.entry.n} does not follow line ${end.n}`, {
      n: first.entry.n,
    })
  }
  return judgeChain(entries)
}

function happening({ entry }: OpenedEntry): Heard['happened'] {
  if (entry.kind !== 'act' && entry.kind !== 'activated') return []
  return [{ n: entry.n, what: entry.outcome, at: entry.at }]
}

/** A notice that came in the meantime has its chain read again. */
async function commitOrLeave({ store }: InboxDesk, writes: readonly Write[]): Promise<void> {
  try {
    await store.commit({ writes })
  } catch (error) {
    if (!isStoreError(error, 'conflict')) throw error
  }
}
