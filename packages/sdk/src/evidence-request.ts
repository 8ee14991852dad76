import { fromBase64Url, textOf } from '@dcann/protocol/bytes'
import { parseBounded } from '@dcann/protocol/canonical'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { times } from '@dcann/protocol/limits'
import { fromBase64 } from '@dcann/protocol/log/note'
import type { NodeRecord } from '@dcann/protocol/node'
import { type Query, querySchema } from '@dcann/protocol/request'
import {
  checkDigest,
  proveHead,
  readHead,
  type SignatureClaims,
  signatureProfile,
} from '@dcann/protocol/request-signature'
import type { RequesterRecord } from '@dcann/protocol/requester'
import { thumbprint } from '@dcann/protocol/key'
import { parseSchema } from '@dcann/protocol/signed'
import type { Instant } from '@dcann/protocol/time'
import type { AgreementPair } from './agreement-pair.ts'
import { heardBy, type Party, type Scene, underAny } from './evidence-parties.ts'
import { addressBelow } from './exchange.ts'
import type { Prove } from './evidence-link.ts'

/** Proves that a key of the requester signed the request, at about the time of the answer. */
export async function proveSignatureLink(prove: Prove, scene: Scene, requester: Party<RequesterRecord>): Promise<void> {
  await prove('request signature', async () => {
    const { head, body } = scene.file.request
    checkDigest(head, fromBase64Url(body))
    refuseOtherForms(head)
    const claims = await readHeadAsOf(scene)
    await underAny(heardBy(requester, scene.at), async ({ keys, name }) => {
      const key = keys.find((one) => thumbprint(one) === claims.kid)
      if (key === undefined) {
        throw new ProtocolError(
          'key-unknown',
          `proving the signature: the key ${quote(claims.kid, 43)} is none of ${quote(name)}`,
        )
      }
      await proveHead(head, claims, key)
    })
    return [undefined, `signed by ${scene.claimed.aud} with the key ${claims.kid}`]
  })
}

/** A field that reads the same in two forms would let a byte change unseen. */
function refuseOtherForms({ signature, content_type: type }: Scene['file']['request']['head']): void {
  const [, encoded] = new RegExp(`^${signatureProfile.label}=:([A-Za-z0-9+/=]+):$`).exec(signature) ?? []
  if (encoded === undefined || fromBase64(encoded).length !== 64 || type !== signatureProfile.contentType) {
    throw new ProtocolError('signature-malformed', 'reading the signature: it is not in the one form that is kept', {
      check: 'syntax',
    })
  }
}

/** A repeated request gets the answer it got before, up to 5 minutes later; its own time must lie in that window. */
async function readHeadAsOf({ file, at }: Scene): Promise<SignatureClaims> {
  const { head } = file.request
  const created = Number(/;created=([0-9]{1,12});/.exec(head.signature_input)?.[1] ?? Number.NaN)
  const earliest: Instant = at - times.signatureLife - times.signatureSkew
  const latest: Instant = at + times.repeatAnswer + times.signatureSkew
  if (!(created >= earliest && created <= latest)) {
    throw new ProtocolError(
      'signature-expired',
      `reading the signature: it was created at another time than the answer`,
    )
  }
  return await readHead(head, created)
}

/** Proves that what was signed is a query of this agreement, put to this node. */
export async function proveRequestLink(
  prove: Prove,
  scene: Scene,
  node: Party<NodeRecord>,
  { allowance }: AgreementPair,
): Promise<Query> {
  return await prove('request', async () => {
    const { head, body } = scene.file.request
    const query = parseSchema(querySchema, parseBounded(textOf(fromBase64Url(body))), 'reading the request')
    const { url, name } = node.record.payload
    const differs =
      (head.target_uri !== addressBelow(url, '/v1/requests') && 'the address') ||
      (query.from !== allowance.requester && 'from') ||
      (query.agreement !== undefined && query.agreement !== allowance.agreement && 'agreement')
    if (differs) {
      throw new ProtocolError('answer-invalid', `reading the request: ${differs} is not that of the agreement and node`)
    }
    return [query, `${query.items.length} item(s) for ${query.purpose}, put to ${name}`]
  })
}
