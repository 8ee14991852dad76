import { handleAddress } from '@dcann/protocol/handle'
import { secondsOf } from '@dcann/protocol/offer'
import { formatTime } from '@dcann/protocol/time'
import { signedDocuments } from '@dcann/sdk/agreement-pair'
import { makeAcceptance, openProffer, readProfferLink } from '@dcann/sdk/proffer'
import { createVaultClient } from '@dcann/sdk/vault-client'
import { instantOf } from '@dcann/sdk/world'
import { defineCommand, type Report } from '../command.ts'
import { describeProffer } from '../describe-proffer.ts'
import { CommandError } from '../failure.ts'
import { ofOpener, ofRequester } from '../options.ts'
import { keepPair } from '../pairs.ts'
import { listOf, minuteOf } from '../plain-words.ts'
import { openRequester, readOpener } from '../requester.ts'
import { table } from '../wrap.ts'
import { chooseEnd, chooseTerms } from './agree.ts'

export const accept = defineCommand({
  says: 'As a requester: shows what somebody proffers by link, and accepts it: what is required, and whatever optional terms you name. Shows it and wants a yes first.',
  takes: ['<link>'],
  options: {
    ...ofRequester,
    ...ofOpener,
    take: { value: '<id,id>', many: true, says: 'optional terms that you take as well' },
    until: { value: '<date>', says: 'when it ends, like 2027-01-31; at the latest as proffered' },
    days: { value: '<n>', says: 'after how many days it ends, instead of a date' },
    show: { says: 'show it and accept nothing' },
    yes: { says: 'do not ask' },
  },
  example: "dcann accept 'proffer#eyJub2RlIj…' --as EE/requester/insurer --key insurer.seed",
  run: async ({ words: [text = ''], given, folder, screen }): Promise<Report> => {
    const link = readProfferLink(text)
    const { resolver, world, by, record, signer, settings } = await openRequester(folder, given)
    const { proffer, home } = await openProffer(world, resolver, link, by)
    const { payload } = proffer
    const shown = [
      `Somebody proffers to you, under the handle ${payload.handle}.`,
      ...describeProffer(payload, 'requester'),
    ]
    if (given.show) return { json: { proffer: proffer.id, text: payload }, lines: shown }
    const terms = chooseTerms(
      payload,
      (given.take ?? []).flatMap((ids) => ids.split(',')),
    )
    const now = instantOf(world)
    const until = (given.until ?? given.days) ? chooseEnd(given, payload, now) : now + secondsOf(payload.lasts)
    if (given.yes !== true) {
      if (!screen.interactive)
        throw new CommandError(
          'not-confirmed',
          'accepting: nobody is here to say yes; read it with --show, then give --yes',
        )
      screen.tell(...shown)
      if (!(await screen.confirm(`Accept ${listOf(terms)} until ${minuteOf(formatTime(until))}?`)))
        throw new CommandError('not-confirmed', 'nothing was accepted, and nobody was told')
    }
    const opener = await readOpener(given, settings.isTest)
    const choice = { terms, until, sealing_key: opener?.key ?? null }
    const pair = await makeAcceptance(world, proffer, record, signer, choice)
    const accepted = await createVaultClient(world, home.node.payload.url).accept(pair.acceptance.signed)
    await keepPair(settings.folder, accepted.agreement, signedDocuments(pair))
    const address = handleAddress(accepted.handle, accepted.node)
    return {
      json: { ...accepted, address, terms, ...signedDocuments(pair) },
      lines: [
        'Accepted.',
        ...table([
          ['Terms', listOf(terms)],
          ['Until', minuteOf(accepted.until)],
          ['Known as', address],
          ['Agreement', accepted.agreement],
        ]),
        'Ask under it with: dcann query --to <known as> --agreement <agreement>, and --as and --key as before',
      ],
    }
  },
})
