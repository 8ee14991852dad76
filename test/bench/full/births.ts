// Makes births of passports on a thread of its own: signing costs about as much as proving, and is not what is measured.
import { parentPort, workerData } from 'node:worker_threads'
import { base64Url, sha256, utf8 } from '@dcann/protocol/bytes'
import { testSigner } from '@dcann/protocol/key'
import { identifierOf, type PassportRecord, passportNoun } from '@dcann/protocol/passport'
import type { Signed } from '@dcann/protocol/signed'
import { formatTime } from '@dcann/protocol/time'
import { write } from '../../cast.ts'
import { type Asked, growingCast } from './growing-cast.ts'

export type Span = { readonly from: number; readonly count: number }
/** Its identifier and what is handed in. */
export type Born = { readonly identifier: string; readonly signed: Signed }

/** Births in IN, at home in EE, each under a key of its own. */
async function makeSpan({ from, count }: Span): Promise<Born[]> {
  const { identity, record } = cast.nodes.tallinn
  const born: Born[] = []
  for (let i = from; i < from + count; i++) {
    const label = `${asked.seed}/born/${i}`
    const control = testSigner(label)
    const nameless: Omit<PassportRecord, 'name'> = {
      v: 1,
      seq: 1,
      prev: null,
      at: formatTime(asked.at),
      keys: [control.key],
      // the digest of a key that is made when it is needed, which is never
      next: [base64Url(sha256(utf8(`${label}/next`)))],
      recovery: null,
      home: { node: record.payload.name, key: identity.key },
      status: 'active',
      salt: base64Url(sha256(utf8(`${label}/salt`)).slice(0, 16)),
    }
    const identifier = identifierOf('IN', nameless)
    const { signed } = await write(passportNoun, { ...nameless, name: identifier }, [control, identity])
    born.push({ identifier, signed })
  }
  return born
}

// handed in by whoever starts this thread, which is load-zone.ts alone
const asked = workerData as Asked
const cast = await growingCast(asked)
parentPort?.on('message', (span: Span) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  void makeSpan(span).then((born) => parentPort?.postMessage(born))
})
