import { canonicalText } from '@dcann/protocol/canonical'
import { type Offer, secondsOf } from '@dcann/protocol/offer'
import { handleAddress } from '@dcann/protocol/handle'
import { formatTime, type Instant, parseTime } from '@dcann/protocol/time'
import { withAgreement, withHandle } from '@dcann/sdk/wallet'
import { makeGrant } from '@dcann/sdk/wallet-documents'
import { handleSigner } from '@dcann/sdk/wallet-keys'
import { instantOf } from '@dcann/sdk/world'
import { resolve } from 'node:path'
import { openAsk, type OpenedAsk } from '../ask-source.ts'
import { bringBack } from '@dcann/sdk/bring-back'
import { describeBrought } from '../bring-back.ts'
import { defineCommand, type Report } from '../command.ts'
import { describeAsk } from '../describe-ask.ts'
import { CommandError, UsageError } from '../failure.ts'
import { writeWhole } from '../folder.ts'
import { type Holder, openHolder } from '../holder.ts'
import { countLetOut } from '@dcann/sdk/let-out'
import { withLock } from '../lock.ts'
import { ofWallet } from '../options.ts'
import { listOf, minuteOf } from '../plain-words.ts'
import type { Screen } from '../screen.ts'
import { table } from '../wrap.ts'

export const agree = defineCommand({
  says: 'Says yes to an ask: to what is required, and to whatever optional terms you name. Shows the ask and wants a yes first.',
  takes: ['<link | ask id | offer file>'],
  options: {
    take: { value: '<id,id>', many: true, says: 'optional terms that you agree to as well' },
    until: { value: '<date>', says: 'when it ends, like 2027-01-31; at the latest as offered' },
    days: { value: '<n>', says: 'after how many days it ends, instead of a date' },
    out: { value: '<file>', says: 'also write both signed documents, to hand to whoever asked' },
    settle: { says: 'over special data: let it settle for a day, until when you can undo it and nobody knows of it' },
    yes: { says: 'do not ask' },
    ...ofWallet,
  },
  example: 'dcann agree offer.json --take home-city --days 90',
  run: async ({ words: [text = ''], given, folder, screen }): Promise<Report> =>
    await withLock(folder, async () => {
      const holder = await openHolder({ folder, screen, given })
      const ask = await openAsk(text, holder)
      const { payload } = ask.offer
      const terms = chooseTerms(
        payload,
        (given.take ?? []).flatMap((ids) => ids.split(',')),
      )
      const until = chooseEnd(given, payload, instantOf(holder.world))
      if (given.yes !== true) await confirm(ask, terms, until, holder, screen)
      return await conclude(ask, terms, until, holder, given)
    }),
})

/** The required terms, and the optional ones that were named. Throws `UsageError` for one that is not in the offer. */
export function chooseTerms({ terms }: Pick<Offer, 'terms'>, taken: readonly string[]): string[] {
  const unknown = taken.find((id) => !terms.some((term) => term.id === id))
  if (unknown !== undefined) {
    const optional = terms.filter((term) => term.optional).map(({ id }) => id)
    throw new UsageError(
      `--take ${JSON.stringify(unknown)}: the offer has no such term; ${optional.length > 0 ? `optional are ${optional.join(', ')}` : 'none is optional'}`,
    )
  }
  return terms.filter(({ id, optional }) => !optional || taken.includes(id)).map(({ id }) => id)
}

/** When the agreement ends: by date, by days, or as long as offered. Throws `UsageError` beyond what is offered. */
export function chooseEnd(
  { until, days }: { readonly until?: string; readonly days?: string },
  { lasts }: Pick<Offer, 'lasts'>,
  now: Instant,
): Instant {
  if (until !== undefined && days !== undefined) throw new UsageError('expected --until or --days, not both')
  const most = now + secondsOf(lasts)
  if (days !== undefined && !/^[1-9][0-9]{0,4}$/.test(days)) throw new UsageError('--days is no whole number of days')
  const end = until === undefined ? (days === undefined ? most : now + Number(days) * 86_400) : readDate(until)
  if (end <= now) throw new UsageError(`--until ${until} has passed`)
  if (end > most) throw new UsageError(`that is longer than offered: at the latest ${formatTime(most)}`)
  return end
}

function readDate(text: string): Instant {
  try {
    return parseTime(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text)
  } catch {
    throw new UsageError(`--until ${JSON.stringify(text)} is no date; expected one like 2027-01-31`)
  }
}

async function confirm(
  ask: OpenedAsk,
  terms: readonly string[],
  until: Instant,
  holder: Holder,
  screen: Screen,
): Promise<void> {
  if (!screen.interactive) {
    throw new CommandError(
      'not-confirmed',
      'agreeing: nobody is here to say yes; read it with dcann asks, then give --yes',
    )
  }
  screen.tell(...describeAsk(ask, await countLetOut(holder, ask.offer.payload.terms, instantOf(holder.world))))
  if (await screen.confirm(`Agree to ${listOf(terms)} until ${minuteOf(formatTime(until))}?`)) return
  throw new CommandError('not-confirmed', 'nothing was agreed, and nobody was told')
}

async function conclude(
  { offer, requester, delivered, returnTo }: OpenedAsk,
  terms: readonly string[],
  until: Instant,
  { files, passport, control, vault, world, node }: Holder,
  { out, settle }: { readonly out?: string; readonly settle?: boolean },
): Promise<Report> {
  const { wallet, made } = withHandle(files.wallet(), files.seed, requester.name, passport)
  await files.keep(wallet)
  const handle = handleSigner(files.seed, requester.name, made.counter)
  const { grant, binding } = await makeGrant(world, offer, { terms, requester, passport, handle, control, until })
  const pair = { offer: offer.signed, grant: grant.signed }
  const granted = await vault.grant({
    ...pair,
    binding: binding.signed,
    ...(delivered ? { ask: delivered } : {}),
    ...(settle === true ? { settle } : {}),
  })
  if (granted.settles !== undefined) return describeSettling(granted, granted.settles, returnTo)
  await files.keep(withAgreement(files.wallet(), { ...pair, passport }))
  if (out !== undefined) await writeWhole(resolve(out), canonicalText(pair))
  const address = handleAddress(granted.handle, node)
  const brought =
    returnTo && (await bringBack(returnTo, { grant: grant.signed, handle: granted.handle, node }, requester, world))
  return {
    json: { ...granted, address, terms, brought: brought ?? null, ...pair },
    lines: [
      `You agreed with ${requester.legal_name}.`,
      ...table([
        ['To', listOf(terms)],
        ['Until', minuteOf(granted.until)],
        ['They know you', `as ${address}, and nobody else does`],
        ['Agreement', granted.agreement],
        ['Link', brought && describeBrought(brought, returnTo ?? '')],
        ['Written', out],
      ]),
      `Take it back at any time: dcann revoke ${granted.agreement}`,
    ],
  }
}

/** Nothing is brought back, and nothing kept, of what can still be undone. */
function describeSettling({ agreement }: { readonly agreement: string }, settles: string, returnTo?: string): Report {
  return {
    json: { agreement, settles, return: returnTo ?? null },
    lines: [
      `It settles until ${minuteOf(settles)}, and nobody knows of it until then.`,
      `Take it back before, unseen: dcann agreements undo ${agreement}`,
      ...(returnTo === undefined ? [] : [`Then bring it: dcann agreements bring ${agreement} ${returnTo}`]),
    ],
  }
}
