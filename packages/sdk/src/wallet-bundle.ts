import { equalBytes, fromBase64Url, hex, sha256, textOf } from '@dcann/protocol/bytes'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import type { PolicyRecord } from '@dcann/protocol/policy'
import type { RootRecord } from '@dcann/protocol/root'
import type { RecordId, Verified } from '@dcann/protocol/signed'
import { parseTime } from '@dcann/protocol/time'
import { addressBelow, fetchBytes, requireSecure } from './exchange.ts'
import { instantOf, type World } from './world.ts'

/** A file of a bundle by its path, and SHA-256 of its bytes in hexadecimal. */
export type BundleFile = { readonly path: string; readonly digest: string }

/** The server of a wallet, the policy as it was proved, and the root that it was proved under. */
export type Asked = {
  readonly at: string
  readonly policy: Pick<Verified<PolicyRecord>, 'id' | 'payload'>
  readonly root: Pick<RootRecord, 'test'>
}

/** What a wallet's server gives, held against what was adopted. */
export type CheckedBundle = {
  /** The policy's record, and the digest that it adopts. */
  readonly record: RecordId
  readonly digest: string
  readonly files: number
  /** Paths whose bytes are others than adopted, or do not come. */
  readonly others: readonly string[]
}

const listBytes = 64 * 1024
const fileBytes = 4 * 1024 * 1024
const filesMost = 512

/** Where a bundle's document is shown: nobody opens it by its name. */
const shownAt: Readonly<Record<string, readonly string[]>> = { 'index.html': ['', 'ask'] }

/**
 * Reads the text that a `wallet-bundle` policy adopts: a line `<digest>  <path>` for each file, as `sha256sum` writes them.
 * Throws `answer-invalid`.
 *
 * spec: policy#wallet-bundle
 */
export function readBundle(text: string): readonly BundleFile[] {
  const lines = text.split('\n')
  if (lines.pop() !== '' || lines.length === 0 || lines.length > filesMost)
    throw invalid(`expected 1 to ${filesMost} lines, each ended`)
  return lines.map((line) => {
    const [, digest = '', path = ''] = /^([0-9a-f]{64}) {2}((?:[\w-][\w.-]*\/)*[\w-][\w.-]*)$/.exec(line) ?? []
    if (path === '') throw invalid(`${quote(line)} is not a digest, two spaces and a path`)
    return { path, digest }
  })
}

/**
 * Holds what a server of a wallet gives against the bundle that the houses have adopted: every file of it, and the document
 * at each place where it is shown. It says what this server gives whoever asks now, and nothing of what it gives another.
 *
 * Throws `not-active` for a policy that is withdrawn or not yet in force, `schema-mismatch` for one about something else, and
 * `digest-mismatch` when none of its addresses gives the text that was adopted.
 *
 * spec: policy#wallet-bundle
 */
export async function checkBundle(
  world: Pick<World, 'fetch' | 'now'>,
  { at, policy, root }: Asked,
): Promise<CheckedBundle> {
  const { subject, digest, urls, name, status, from } = policy.payload
  const doing = `checking a wallet against ${quote(name)}`
  if (status !== 'adopted' || parseTime(from) > instantOf(world))
    throw new ProtocolError('not-active', `${doing}: it is withdrawn or not yet in force`)
  if (subject !== 'wallet-bundle')
    throw new ProtocolError('schema-mismatch', `${doing}: it is about ${subject}, expected wallet-bundle`)
  const fetched = async (url: string, most: number): Promise<Uint8Array | undefined> => {
    requireSecure(url, root)
    return await fetchBytes(world, url, most).catch(() => undefined)
  }
  const files = readBundle(await readAdopted(fetched, urls, digest))
  const others: string[] = []
  for (const file of files) {
    for (const path of shownAt[file.path] ?? [file.path]) {
      const bytes = await fetched(addressBelow(at, `/${path}`), fileBytes)
      if (bytes === undefined || hex(sha256(bytes)) !== file.digest) others.push(`/${path}`)
    }
  }
  return { record: policy.id, digest: hex(fromBase64Url(digest)), files: files.length, others }
}

type Fetched = (url: string, most: number) => Promise<Uint8Array | undefined>

/** The text itself, from the first of its addresses that gives it. */
async function readAdopted(fetched: Fetched, urls: readonly string[], digest: string): Promise<string> {
  for (const url of urls) {
    const bytes = await fetched(url, listBytes)
    if (bytes !== undefined && equalBytes(sha256(bytes), fromBase64Url(digest))) return textOf(bytes)
  }
  throw new ProtocolError('digest-mismatch', 'reading which wallet was adopted: no address of it gives that text')
}

function invalid(why: string): ProtocolError {
  return new ProtocolError('answer-invalid', `reading the files of a wallet: ${why}`)
}
