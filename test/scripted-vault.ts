import { type Assertion, assertionNoun } from '@dcann/protocol/assertion'
import { base64Url, fromBase64Url, sha256, utf8 } from '@dcann/protocol/bytes'
import { type EvidenceEntry, evidenceLeaf } from '@dcann/protocol/evidence'
import type { Signer } from '@dcann/protocol/key'
import { signCheckpoint } from '@dcann/protocol/log/checkpoint'
import { type Hash, leafHash, rootOf } from '@dcann/protocol/log/merkle'
import { inclusionProof } from '@dcann/protocol/log/proof'
import { type Query, requestDigest } from '@dcann/protocol/request'
import { sealAnswer } from '@dcann/protocol/seal'
import { readSigned, type Signed, signPayload } from '@dcann/protocol/signed'
import { formatTime } from '@dcann/protocol/time'
import type { AnswerBody } from '@dcann/protocol/vault-api'
import type { Fetch } from '@dcann/sdk/world'
import type { CastNode } from './cast.ts'

/** What a scripted vault does otherwise than an honest one. */
export type VaultLies = {
  readonly assert?: (assertion: Assertion) => Assertion
  readonly sign?: Signer
  /** Answers a call itself; `'silence'` breaks the connection. */
  readonly answer?: (path: string, body: Uint8Array) => Response | 'silence' | undefined
}

/** A call as it arrived. */
export type Arrived = { readonly path: string; readonly body: Uint8Array; readonly headers: Headers }

/** A vault of one file: it asserts what it is told to, under one agreement, and keeps a log of evidence. */
export type ScriptedVault = {
  readonly fetch: Fetch
  readonly arrived: Arrived[]
  readonly lie: (lies: VaultLies) => void
}

/** What a scripted vault knows. */
export type VaultScript = {
  readonly node: CastNode
  readonly handle: () => string
  readonly now: () => number
  /** What it says to a query. */
  readonly items: Assertion['items']
  /** Seconds for which the answer may be used. */
  readonly life: number
  /** What answers are sealed to, as the agreement says. */
  readonly sealingKey?: () => string | null
  /** Has others cosign its heads. */
  readonly cosign?: (checkpoint: string) => Promise<string>
}

export function scriptVault({ node, handle, now, items, life, sealingKey, cosign }: VaultScript): ScriptedVault {
  const arrived: Arrived[] = []
  const lines: { entry: EvidenceEntry; salt: string }[] = []
  let lies: VaultLies = {}

  const assertTo = async (body: Uint8Array): Promise<Signed> => {
    // the tests send only queries here
    const query = JSON.parse(new TextDecoder().decode(body)) as Query
    const n = lines.length + 2
    const honest: Assertion = {
      v: 1,
      iss: handle(),
      aud: query.from,
      node: node.record.payload.name,
      request: requestDigest(body),
      agreement: query.agreement ?? '',
      n,
      grant_seq: 1,
      iat: now(),
      exp: now() + 300,
      complete: items.every(({ complete }) => complete),
      items,
      use_until: formatTime(now() + life),
    }
    const payload = lies.assert?.(honest) ?? honest
    const signed = await signPayload(assertionNoun, payload, [lies.sign ?? node.assertion])
    const entry: EvidenceEntry = {
      v: 1,
      agreement: payload.agreement,
      passport: null,
      n,
      prev: base64Url(sha256(utf8(`before ${n}`))),
      kind: 'answer',
      request: requestDigest(body),
      answer: readSigned(assertionNoun, signed).id,
      outcome: 'answered',
      at: formatTime(now()),
    }
    lines.push({ entry, salt: base64Url(sha256(utf8(`salt ${n}`)).slice(0, 16)) })
    return signed
  }

  const answerTo = async (body: Uint8Array): Promise<AnswerBody> => {
    const assertion = await assertTo(body)
    const key = sealingKey?.() ?? null
    if (key === null) return { assertion }
    // the tests send only queries here
    const { agreement = '' } = JSON.parse(new TextDecoder().decode(body)) as Query
    return { sealed: await sealAnswer(key, { agreement, request: requestDigest(body) }, assertion, sha256(body)) }
  }

  const proveLine = async (n: number): Promise<unknown> => {
    const line = lines[n - 2]
    if (line === undefined) return undefined
    const others = [3, 1, 4, 1, 5].map((x) => leafHash(Uint8Array.of(x)))
    const mine = lines.map(({ entry, salt }) => leafHash(fromBase64Url(evidenceLeaf(salt, entry))))
    const leaves = [...others, ...mine]
    const index = others.length + n - 2
    const read = (level: number, at: number): Hash => rootOf(leaves.slice(at * 2 ** level, (at + 1) * 2 ** level))
    const origin = `dcann.example/evidence/${node.record.payload.name}`
    const checkpoint = await signCheckpoint({ origin, size: leaves.length, root: rootOf(leaves) }, node.identity)
    const proof = inclusionProof(index, leaves.length, read).map((hash) => base64Url(hash))
    const shown = (await cosign?.(checkpoint)) ?? checkpoint
    return { ...line, inclusion: { index, size: leaves.length, proof, checkpoint: shown } }
  }

  return {
    arrived,
    lie: (next) => {
      lies = next
    },
    fetch: async (url, init) => {
      const path = new URL(url).pathname
      // the client sends bytes
      const body = new Uint8Array((init?.body as Uint8Array | undefined) ?? [])
      arrived.push({ path, body, headers: new Headers(init?.headers) })
      const scripted = lies.answer?.(path, body)
      if (scripted === 'silence') throw new TypeError('fetch failed')
      if (scripted !== undefined) return scripted
      if (path === '/v1/requests') return Response.json(await answerTo(body))
      if (path === '/v1/evidence') {
        const { n } = JSON.parse(new TextDecoder().decode(body)) as { n: number }
        return Response.json(await proveLine(n))
      }
      return new Response(null, { status: 404 })
    },
  }
}
