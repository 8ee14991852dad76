import { resolve } from 'node:path'
import { grantNoun } from '@dcann/protocol/agreement'
import { canonicalText, parseBounded } from '@dcann/protocol/canonical'
import { ProtocolError } from '@dcann/protocol/errors'
import { handleAddress } from '@dcann/protocol/handle'
import { type Offer, offerSchema } from '@dcann/protocol/offer'
import { parseSchema, readSigned, type Verified } from '@dcann/protocol/signed'
import { proveAgreement } from '@dcann/sdk/agreement-pair'
import { makeOffer, type OfferText, writeAsk } from '@dcann/sdk/requester'
import { createVaultClient } from '@dcann/sdk/vault-client'
import { instantOf } from '@dcann/sdk/world'
import { findDelivery } from '../addressee.ts'
import { need } from '../arguments.ts'
import { defineCommand, type Report } from '../command.ts'
import { UsageError } from '../failure.ts'
import { readNamed, writeWhole } from '../folder.ts'
import { ofOpener, ofRequester } from '../options.ts'
import { findOffer, keepOffer, keepPair } from '../pairs.ts'
import { minuteOf } from '../plain-words.ts'
import { openRequester, readOpener, type Requester } from '../requester.ts'
import { table } from '../wrap.ts'

export const ask = defineCommand({
  says: 'As a requester: signs an offer and prints the link to hand out (--return), or delivers it to a vault (--to, or --invite that a holder gave you), or looks what became of a delivered one (--poll with either).',
  options: {
    ...ofRequester,
    ...ofOpener,
    offer: { value: '<file>', says: 'what is offered: terms, value, lasts, notice; sealing_key and template if any' },
    expires: { value: '<n>d', says: 'until when it can be agreed to; 7d when left out' },
    return: { value: '<url>', says: 'where the holder is to come back to' },
    to: { value: '<identifier | handle@node>', says: 'deliver it to this vault' },
    invite: { value: '<invite>', says: 'deliver it to whoever gave you this: an address or a link' },
    poll: { value: '<proposal>', says: 'ask the vault what became of a proposal' },
    out: { value: '<file>', says: 'where to write the signed offer; <record id>.json with --return' },
  },
  example:
    'dcann ask --as EE/requester/insurer --key insurer.seed --offer offer.json --return https://insurer.example/done',
  run: async ({ given, folder }): Promise<Report> => {
    if (given.poll !== undefined) return await pollProposal(await openRequester(folder, given), given, given.poll)
    const file = need(given.offer, '--offer')
    if ([given.return, given.to, given.invite].filter((one) => one !== undefined).length !== 1)
      throw new UsageError('expected one of --return, --to and --invite')
    const days = /^([1-9][0-9]{0,3})d?$/.exec(given.expires ?? '7d')?.[1]
    if (days === undefined)
      throw new UsageError(`--expires ${given.expires} is no number of days; expected one like 7d`)
    const requester = await openRequester(folder, given)
    const written = readOfferText(await readNamed(file, 'the offer'))
    const opener = await readOpener(given, requester.settings.isTest)
    const text = opener ? { ...written, sealing_key: opener.key } : written
    const expires = instantOf(requester.world) + Number(days) * 86_400
    const offer = await makeOffer(requester.world, requester.record, requester.signer, { ...text, expires })
    await keepOffer(folder, offer.id, offer.signed)
    const out = given.out ?? (given.return === undefined ? undefined : `${offer.id}.json`)
    if (out !== undefined) await writeWhole(resolve(out), canonicalText(offer.signed), 0o644)
    return given.return === undefined
      ? await deliver(offer, requester, given)
      : linkTo(offer, requester, given.return, out)
  },
})

/** Where it is delivered. */
type To = { readonly to?: string; readonly invite?: string }

const textSchema = offerSchema
  .pick({ terms: true, value: true, lasts: true, notice: true, sealing_key: true, template: true })
  .partial({ sealing_key: true, template: true })

/** Reads what a requester writes into an offer. */
export function readOfferText(file: string): Omit<OfferText, 'expires'> {
  const { sealing_key, template, ...rest } = parseSchema(textSchema, parseBounded(file), 'reading the offer')
  return { ...rest, sealing_key: sealing_key ?? null, template: template ?? null }
}

function linkTo(offer: Verified<Offer>, { record }: Requester, back: string, out: string | undefined): Report {
  const link = writeAsk({ requester: record.name, offer: offer.id, return: back })
  const served = `${record.offers.replace(/\/$/, '')}/${offer.id}`
  return {
    json: { offer: offer.id, link, serve_at: served, expires: offer.payload.expires, signed: offer.signed },
    lines: [
      link,
      ...table([
        ['Put it', 'behind the address of a wallet, as a link or as a QR code'],
        ['Serve', `${out ?? 'the signed offer'} at ${served}`],
        ['Offer', offer.id],
        ['Until', minuteOf(offer.payload.expires)],
      ]),
    ],
  }
}

async function deliver(offer: Verified<Offer>, { resolver, world, by }: Requester, given: To): Promise<Report> {
  const { home, propose } = await findDelivery(resolver, given)
  const { proposal, until } = await propose(createVaultClient(world, home.node.payload.url), by, offer.signed)
  return {
    json: { offer: offer.id, proposal, state: 'pending', until, node: home.node.payload.name },
    lines: [
      `Delivered to ${home.node.payload.name}. Silence is an answer too: it means no.`,
      ...table([
        ['Proposal', proposal],
        ['Offer', offer.id],
        ['Until', minuteOf(until)],
      ]),
      ...(given.invite === undefined
        ? []
        : ['An invite is spent by the first offer: another one needs another invite.']),
      `Look what became of it with: dcann ask --poll <proposal>, and --as, --key and --${given.invite === undefined ? 'to' : 'invite'} as before`,
    ],
  }
}

async function pollProposal(
  { resolver, world, by, record, settings }: Requester,
  given: To,
  proposal: string,
): Promise<Report> {
  const { home } = await findDelivery(resolver, given)
  const node = home.node.payload
  const answer = await createVaultClient(world, node.url).pollProposal(by, proposal)
  if (answer.state !== 'granted' || answer.grant === undefined) {
    return {
      json: answer,
      lines: [answer.state === 'pending' ? 'Pending: no answer yet.' : 'Lapsed: there was no answer, so it is a no.'],
    }
  }
  const { id, payload } = readSigned(grantNoun, answer.grant)
  const offer = await findOffer(settings.folder, payload.offer)
  if (offer === undefined) {
    throw new ProtocolError(
      'not-found',
      'reading the grant: its offer was not made in this state folder; use the --home it was made in',
    )
  }
  const pair = { offer, grant: answer.grant }
  const { allowance } = await proveAgreement(pair, record.keys)
  await keepPair(settings.folder, id, pair)
  const address = handleAddress(allowance.handle, node.name)
  return {
    json: { ...answer, address, ...pair },
    lines: [
      'Granted.',
      ...table([
        ['Terms', allowance.terms.map((term) => term.id).join(', ')],
        ['Until', minuteOf(payload.until)],
        ['Known as', address],
        ['Agreement', id],
      ]),
      'Ask under it with: dcann query --to <known as> --agreement <agreement>, and --as and --key as before',
    ],
  }
}
