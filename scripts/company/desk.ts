import { textOf } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import { type Signer, testSigner } from '@dcann/protocol/key'
import type { RequesterRecord } from '@dcann/protocol/requester'
import { querySchema } from '@dcann/protocol/request'
import { readSigned, type Signed, signedSchema } from '@dcann/protocol/signed'
import { grantNoun } from '@dcann/protocol/agreement'
import { answerBody } from '@dcann/protocol/vault-api'
import { type AgreementPair, proveAgreement } from '@dcann/sdk/agreement-pair'
import { evidenceChain } from '@dcann/sdk/evidence-chain'
import { makeEvidencePackage } from '@dcann/sdk/evidence-package'
import { query } from '@dcann/sdk/query'
import { makeOffer, writeAsk } from '@dcann/sdk/requester'
import { createResolver, type Resolver } from '@dcann/sdk/resolver'
import { callSigned } from '@dcann/sdk/signed-call'
import { createVaultClient } from '@dcann/sdk/vault-client'
import type { World } from '@dcann/sdk/world'
import { json, shelf } from '@dcann/store/shelf'
import type { Store } from '@dcann/store/store'
import { z } from 'zod'
import type { GrantedCall, OfferCall, QuestionCall } from './calls.ts'

const offers = shelf(
  'offers',
  json((value) => signedSchema.parse(value)),
)
const agreements = shelf(
  'agreements',
  json((value) => z.strictObject({ offer: signedSchema, grant: signedSchema, node: z.string() }).parse(value)),
)

export type CompanyParts = {
  readonly requester: string
  readonly url: string
  readonly pinned: Signed
  readonly registries: readonly string[]
  readonly testSeed: string
  readonly store: Store
  readonly world: World
}

export type Company = Awaited<ReturnType<typeof openCompany>>

/** The company's desk: its own record is resolved like anybody's, its keys are test keys. */
export async function openCompany(parts: CompanyParts) {
  const { requester, url, store, world } = parts
  const signer: Signer = testSigner(`${parts.testSeed}/${requester}/0`)
  let resolver: Resolver | undefined
  const resolve = async (): Promise<Resolver> => (resolver ??= await createResolver(parts))
  const ownRecord = async (): Promise<RequesterRecord> => {
    const { record } = await (await resolve()).resolveName(requester, { kind: 'requester' })
    if (!record) throw new ProtocolError('not-entitled', `asking: ${requester} is not registered`)
    return record.payload
  }
  const held = async (agreement: string): Promise<{ readonly pair: AgreementPair; readonly node: string }> => {
    const place = agreements.at(agreement)
    const found = place.from(await store.read([place.key]))?.value
    if (!found) throw new ProtocolError('not-found', 'asking: there is no such agreement')
    return { pair: await proveAgreement(found, (await ownRecord()).keys), node: found.node }
  }

  return {
    async offer(id: string): Promise<Signed> {
      const place = offers.at(/^[A-Za-z0-9_-]{43}$/.test(id) ? id : 'none')
      const found = place.from(await store.read([place.key]))
      if (!found) throw new ProtocolError('not-found', 'fetching an offer: there is none')
      return found.value
    },
    /** Makes an offer and the link that hands it to a wallet. */
    async ask(call: OfferCall) {
      const offer = await makeOffer(world, await ownRecord(), signer, {
        ...call,
        expires: Math.floor(world.now()) + 86_400,
        notice: { url: `${url}/notice`, digest: null, language: 'en' },
        sealing_key: null,
        template: null,
      })
      await store.commit({ writes: [offers.at(offer.id).put(offer.signed)] })
      return { offer: offer.id, link: writeAsk({ requester, offer: offer.id, return: `${url}/return` }) }
    },
    /** Takes the second document, proves the pair and keeps both. */
    async takeGrant({ grant, node }: GrantedCall): Promise<void> {
      const { id, payload } = readSigned(grantNoun, grant)
      const place = offers.at(payload.offer)
      const offer = place.from(await store.read([place.key]))?.value
      if (!offer) throw new ProtocolError('not-found', 'taking a grant: its offer is not ours')
      await proveAgreement({ offer, grant }, (await ownRecord()).keys)
      await store.commit({ writes: [agreements.at(id).put({ offer, grant, node })] })
    },
    async agreements() {
      const found = await store.range(agreements.page([], { limit: 256 }))
      return found.map((one) => agreements.entry(one)).map(({ id, value }) => ({ agreement: id[0], ...value }))
    },
    /** Asks the vault; with `check: false` whatever it likes, to see what the vault says. */
    async question({ agreement, purpose, items, check = true, evidence = false }: QuestionCall) {
      const { pair, node } = await held(agreement)
      const by = { from: requester, signer }
      const own = await resolve()
      const home = await own.resolveHome(node)
      if (!check) {
        const members = { to: pair.allowance.handle, agreement, purpose, items }
        const { answer } = await callSigned(
          world,
          `${home.node.payload.url}/v1/requests`,
          by,
          querySchema,
          members,
          answerBody,
        )
        return { assertion: answer.assertion }
      }
      const answered = await query(
        world,
        { by, requester: await ownRecord(), node: home.node.payload, pair },
        { purpose, items },
      )
      if (!evidence) return { assertion: answered.assertion.signed, says: answered.assertion.payload }
      const chain = await evidenceChain(own, node, requester)
      const opened = await openedLine(world, home.node.payload.url, by, agreement, answered.assertion.payload.n)
      const file = makeEvidencePackage({ answered, chain, ...(opened ? { opened } : {}) })
      return { assertion: answered.assertion.signed, says: answered.assertion.payload, package: textOf(file) }
    },
  }
}

/** The node signs a new head about once a second; the line is worth waiting that long for. */
async function openedLine(
  world: World,
  url: string,
  by: { readonly from: string; readonly signer: Signer },
  agreement: string,
  n: number,
) {
  const vault = createVaultClient(world, url)
  for (let tries = 0; tries < 20; tries++) {
    const opened = await vault.readEvidence(by, agreement, n)
    if (opened.inclusion) return opened
    await new Promise((done) => setTimeout(done, 200))
  }
  return undefined
}
