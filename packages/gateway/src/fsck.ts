import { existsSync, readFileSync } from 'node:fs'
import { parseCanonical } from '@dcann/protocol/canonical'
import { ProtocolError } from '@dcann/protocol/errors'
import { limits } from '@dcann/protocol/limits'
import { offerNoun } from '@dcann/protocol/offer'
import { claimedBy } from '@dcann/protocol/pair'
import { profferNoun } from '@dcann/protocol/proffer'
import { refusalNoun } from '@dcann/protocol/refusal'
import { readSigned, type Signed } from '@dcann/protocol/signed'
import { checkVerifyStrict } from '@dcann/protocol/verify-strict'
import { readRootFile } from '@dcann/sdk/trust'
import { evidencePackageBytes } from '@dcann/sdk/evidence-package'
import { verifyEvidence } from '@dcann/sdk/verify-evidence'
import { fsckFolder, openStore } from '@dcann/store/open'
import type { Shelf } from '@dcann/store/shelf'
import type { Reader } from '@dcann/store/store'
import { agreements } from './agreements/shelf.ts'
import type { Config } from './config.ts'
import { deletedEvidenceSchema } from './evidence/delete.ts'
import { refusalEvidenceSchema } from './evidence/keep.ts'
import { evidence, readEvidence } from './evidence/shelf.ts'
import { offers } from './offers/shelf.ts'
import { proffers } from './proffers/shelf.ts'

/**
 * Checks a stopped gateway's store: every value, then that every offer and agreement stands under its own id and every
 * evidence package still verifies, offline. Prints what is wrong; returns whether nothing is.
 */
export async function fsck(config: Config, print: (line: string) => void): Promise<boolean> {
  await checkVerifyStrict()
  // opening makes what is not there
  if (!existsSync(config.store)) {
    print(`store: there is none at ${config.store}`)
    return false
  }
  const { genuine, findings } = await fsckFolder(config.store)
  for (const { code, message } of findings) print(`store: ${code}: ${message}`)
  print(`store: ${genuine} values are what was written`)
  if (findings.length > 0) return false
  const pinned = readRootFile(readFileSync(config.root, 'utf8'))
  const store = await openStore(config.store)
  try {
    return await checkRooms(store, pinned, print)
  } finally {
    await store.close()
  }
}

async function checkRooms(store: Reader, pinned: Signed, print: (line: string) => void): Promise<boolean> {
  let wrong = 0
  const check = async <T>(room: string, shelf: Shelf<T>, holds: (id: string, value: T) => unknown): Promise<void> => {
    let count = 0
    for await (const { id, value } of every(store, shelf)) {
      count++
      try {
        await holds(id, value)
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
        wrong++
        print(`${room}: ${id}: ${error.code}: ${error.message}`)
      }
    }
    print(`${room}: ${count} looked at`)
  }
  await check('offers', offers, (id, offer) => requireId(id, readSigned(offerNoun, offer).id))
  await check('agreements', agreements, (id, kept) => requireId(id, claimedBy(kept).agreement))
  await check('proffers', proffers, (id, { signed }) => requireId(id, readSigned(profferNoun, signed).id))
  await check('evidence', evidence, async (id, { kind }) => {
    const found = await readEvidence(store, id)
    if (!found) throw new ProtocolError('not-found', 'its bytes are not there')
    if (found.kept.deleted) checkDeleted(id, found.bytes)
    else if (kind === 'answer') requireId(id, (await verifyEvidence(found.bytes, pinned)).assertion.id)
    else {
      const { refusal } = refusalEvidenceSchema.parse(parseCanonical(found.bytes, limits.bodyBytes))
      requireId(id, readSigned(refusalNoun, refusal).id)
    }
  })
  return wrong === 0
}

/** What is left of a deleted answer: it still names the answer, and so does its line of the chain. */
function checkDeleted(id: string, bytes: Uint8Array): void {
  const left = deletedEvidenceSchema.parse(parseCanonical(bytes, evidencePackageBytes))
  requireId(id, left.answer)
  if (left.evidence) requireId(id, left.evidence.entry.answer ?? '')
}

function requireId(expected: string, is: string): void {
  if (is !== expected) throw new ProtocolError('rule-broken', `it stands under another id than its own, ${is}`)
}

async function* every<T>(store: Reader, shelf: Shelf<T>): AsyncGenerator<{ readonly id: string; readonly value: T }> {
  let after: string | undefined
  for (;;) {
    const page = await store.range(shelf.page([], { limit: 256, ...(after === undefined ? {} : { after }) }))
    for (const entry of page) {
      const { id, value } = shelf.entry(entry)
      yield { id: id.join('/'), value }
    }
    after = page.at(-1)?.key
    if (after === undefined) return
  }
}
