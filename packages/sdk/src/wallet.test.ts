import { sha256, utf8 } from '@dcann/protocol/bytes'
import { admitProposal, type HeldRecords, readProposal } from '@dcann/protocol/admission'
import { actNoun } from '@dcann/protocol/act'
import { bindingNoun } from '@dcann/protocol/binding'
import { offerNoun } from '@dcann/protocol/offer'
import { addSignatures, proveSigned, readSigned } from '@dcann/protocol/signed'
import { passportNoun } from '@dcann/protocol/passport'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Cast, makeCast } from '../../../test/cast.ts'
import { codeOf } from '../../../test/code-of.ts'
import { offerText } from '../../../test/scripted-agreement.ts'
import { makeOffer } from './requester.ts'
import { emptyWallet, readWallet, withAgreement, withHandle, withNode, withPassport, writeWallet } from './wallet.ts'
import { makeAct, makeGenesis, makeGrant } from './wallet-documents.ts'
import { controlSigner, handleSigner } from './wallet-keys.ts'

const start = 1_795_500_000
const seed = sha256(utf8('wallet'))
const insurer = 'EE/requester/insurer'
let drawn = 0
const world = { now: () => start + 0.9, random: (n: number) => sha256(utf8(`chance ${drawn++}`)).slice(0, n) }
let cast: Cast
beforeAll(async () => {
  cast = await makeCast('wallet', start)
})

async function genesis() {
  return await makeGenesis(world, {
    zone: 'IN',
    node: cast.nodes.tallinn.record.payload,
    control: controlSigner(seed),
  })
}

async function agreed(terms = ['rides']) {
  const { record, keys } = cast.requesters.insurer
  const offer = await makeOffer(world, record.payload, keys[0]!, offerText(start))
  const { identifier } = await genesis()
  const choice = {
    terms,
    requester: record.payload,
    passport: identifier,
    handle: handleSigner(seed, insurer, 0),
    control: controlSigner(seed),
  }
  return { offer, identifier, choice, ...(await makeGrant(world, offer, choice)) }
}

describe('makeGenesis', () => {
  test('is admitted once the node has signed it too', async () => {
    const { identifier, genesis: signed } = await genesis()
    const both = await addSignatures(signed, passportNoun.typ, [cast.nodes.tallinn.identity])
    const proposal = readProposal(both)
    const { payload: country, id } = cast.countries.IN.record
    // the rule asks for the country and for the name itself, which nobody holds yet
    const held = ((kind: string) => (kind === 'country' ? { payload: country, id } : undefined)) as HeldRecords
    const { payload } = await admitProposal(proposal, held, start)
    expect(payload.name).toBe(identifier)
    expect(identifier.slice(0, 2)).toBe('IN')
    expect((await genesis()).identifier).not.toBe(identifier)
  })
})

describe('makeGrant', () => {
  test('is signed by the handle key alone, its binding by the control key alone', async () => {
    const { grant, binding, allowance, identifier } = await agreed()
    expect(grant.signers).toEqual([handleSigner(seed, insurer, 0).key])
    expect(binding.signers).toEqual([controlSigner(seed).key])
    expect(JSON.stringify(grant.payload)).not.toContain(identifier)
    expect(allowance).toMatchObject({
      agreement: grant.id,
      requester: insurer,
      from: start,
      until: start + 180 * 86_400,
    })
    expect(readSigned(bindingNoun, binding.signed).payload.passport).toBe(identifier)
  })

  test('refuses a choice that leaves a required term out or takes what was not offered', async () => {
    const { offer, choice } = await agreed()
    expect(await codeOf(() => makeGrant(world, offer, { ...choice, terms: ['places'] }))).toBe('rule-broken')
    expect(await codeOf(() => makeGrant(world, offer, { ...choice, terms: ['rides', 'other'] }))).toBe('rule-broken')
    expect(await codeOf(() => makeGrant(world, offer, { ...choice, until: start + 181 * 86_400 }))).toBe('rule-broken')
    expect(await codeOf(() => makeGrant(world, offer, { ...choice, passport: 'nobody' }))).toBe('schema-mismatch')
  })
})

describe('makeAct', () => {
  test('is one signed act, another each time', async () => {
    const { grant } = await agreed()
    const signer = handleSigner(seed, insurer, 0)
    const [first, second] = [
      await makeAct(world, 'revoke', grant.id, signer),
      await makeAct(world, 'revoke', grant.id, signer),
    ].map((signed) => readSigned(actNoun, signed))
    expect(first!.payload).toMatchObject({ agreement: grant.id, kind: 'revoke' })
    expect(first!.id).not.toBe(second!.id)
    await proveSigned(first!, [signer.key])
  })
})

describe('a wallet', () => {
  test('comes back as it was written', async () => {
    const { offer, grant, identifier } = await agreed()
    const { genesis: signed } = await genesis()
    let wallet = withNode(emptyWallet, { name: 'EE/node/tallinn', url: 'https://tallinn.example' })
    wallet = withPassport(wallet, { passport: identifier, node: 'EE/node/tallinn', genesis: signed })
    wallet = withHandle(wallet, seed, insurer, identifier).wallet
    wallet = withAgreement(wallet, { offer: offer.signed, grant: grant.signed, passport: identifier })
    expect(readWallet(writeWallet(wallet))).toEqual(wallet)
    expect(writeWallet(withNode(wallet, wallet.nodes[0]!))).toBe(writeWallet(wallet))
    expect(writeWallet(wallet)).not.toContain('seed')
  })

  test('never uses a counter twice', async () => {
    const { identifier } = await genesis()
    const first = withHandle(emptyWallet, seed, insurer, identifier)
    const second = withHandle(first.wallet, seed, insurer, identifier)
    const other = withHandle(second.wallet, seed, 'IN/requester/rides', identifier)
    expect([first, second, other].map(({ made }) => made.counter)).toEqual([0, 1, 0])
    expect(new Set(other.wallet.handles.map(({ handle }) => handle)).size).toBe(3)
    const twice = { ...first.wallet, handles: [...first.wallet.handles, ...first.wallet.handles] }
    expect(await codeOf(() => readWallet(JSON.stringify(twice)))).toBe('wallet-invalid')
  })

  test('refuses an agreement whose grant answers another offer', async () => {
    const { grant, identifier } = await agreed()
    const { offer } = await agreed()
    expect(readSigned(offerNoun, offer.signed).id).not.toBe(grant.payload.offer)
    const mixed = { offer: offer.signed, grant: grant.signed, passport: identifier }
    expect(await codeOf(() => withAgreement(emptyWallet, mixed))).toBe('wallet-invalid')
  })

  test.for(['', '{}', '{"v":2}', '[]', JSON.stringify({ ...emptyWallet, seed: 'AAAA' })])(
    'refuses %s',
    async (text) => {
      expect(await codeOf(() => readWallet(text))).toBe('wallet-invalid')
    },
  )
})
