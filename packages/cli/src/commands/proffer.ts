import { parseBounded } from '@dcann/protocol/canonical'
import { limits } from '@dcann/protocol/limits'
import { countryCodeSchema, requesterNameSchema } from '@dcann/protocol/name'
import { type Proffer, profferNoun, profferSchema, type Roster } from '@dcann/protocol/proffer'
import { requesterSchema } from '@dcann/protocol/requester'
import { parseSchema, readSigned, recordIdSchema } from '@dcann/protocol/signed'
import { formatTime } from '@dcann/protocol/time'
import { type MadeProffer, makeProffer, writeProfferLink } from '@dcann/sdk/proffer'
import { withHandle } from '@dcann/sdk/wallet'
import { anybody, handleSigner } from '@dcann/sdk/wallet-keys'
import { instantOf } from '@dcann/sdk/world'
import { need } from '../arguments.ts'
import { defineCommand, type Report } from '../command.ts'
import { describeProffer, describeRoster } from '../describe-proffer.ts'
import { CommandError, UsageError } from '../failure.ts'
import { readNamed } from '../folder.ts'
import { type Holder, openHolder } from '../holder.ts'
import { countLetOut } from '@dcann/sdk/let-out'
import { withLock } from '../lock.ts'
import { type Given, ofWallet } from '../options.ts'
import { listOf, minuteOf } from '../plain-words.ts'
import { count, table } from '../wrap.ts'

const options = {
  terms: { value: '<file>', says: 'what you would let out: terms, value, lasts' },
  to: { value: '<requester>', many: true, says: 'for this requester; one proffer is made for each' },
  any: { value: '<kind>', says: 'for the first who opens it: company, authority, research, person, or anyone' },
  zone: { value: '<CC>', says: 'with --any: assigned by this country' },
  authority: { value: '<text>', says: 'with --any: under this data-protection authority' },
  places: { value: '<n>', says: 'with --any: how many proffers to make; 1 when left out' },
  cap: { value: '<n>', says: 'how many of them may be accepted; all when left out' },
  expires: { value: '<n>d', says: 'until when it can be accepted; 7d when left out' },
  'instead-of': { value: '<agreement>', says: 'the agreement that takes its place ends when this is accepted' },
  yes: { says: 'do not ask' },
  ...ofWallet,
} as const

export const make = defineCommand({
  says: 'Says first what you would let out, to whom, and for what. Nobody is bound until it is accepted, and until then you can take it back. None of those you speak to can tell that there are others.',
  options,
  example: 'dcann proffer make --terms rides.json --to EE/requester/insurer --to IN/requester/rides --cap 1',
  run: async ({ given, folder, screen }): Promise<Report> =>
    await withLock(folder, async () => {
      const rosters = rostersOf(given)
      const cap = wholeOf(given.cap, '--cap', rosters.length)
      if (cap > rosters.length) throw new UsageError(`--cap ${cap}: there are ${rosters.length} proffers`)
      const prior = given['instead-of']
      if (prior !== undefined && (given.any !== undefined || rosters.length !== 1))
        throw new UsageError('--instead-of wants one --to: the requester of that agreement')
      const holder = await openHolder({ folder, screen, given })
      const now = instantOf(holder.world)
      const expires = now + daysOf(given.expires ?? '7d') * 86_400
      const written = await readNamed(need(given.terms, '--terms'), 'the terms')
      const text = { ...parseSchema(textSchema, parseBounded(written), 'reading the terms'), expires }
      if (given.yes !== true) {
        if (!screen.interactive)
          throw new CommandError(
            'not-confirmed',
            'proffering: nobody is here to say yes; read it again, then give --yes',
          )
        const letOut = await countLetOut(holder, text.terms, now)
        screen.tell(...describeProffer({ ...text, expires: formatTime(expires) }, 'holder', letOut))
        if (!(await screen.confirm(`Proffer this to ${listOf(rosters.map(describeRoster), 'and')}?`)))
          throw new CommandError('not-confirmed', 'nothing was proffered')
      }
      const made: MadeProffer[] = []
      for (const roster of rosters) {
        const handle = await nextHandle(holder, 'requester' in roster ? roster.requester : anybody)
        const { passport, control } = holder
        const to = { for: roster, handle, passport, control, ...(prior === undefined ? {} : { prior }) }
        made.push(await makeProffer(holder.world, text, to))
      }
      const proffers = made.map(({ proffer, binding }) => ({ proffer: proffer.signed, binding: binding.signed }))
      const { roster } = await holder.vault.layProffers(holder.by, { proffers, cap })
      return reportMade(roster, made, cap, holder)
    }),
})

const textSchema = profferSchema.pick({ terms: true, value: true, lasts: true })

/** For whom: requesters by name, or so many places for whoever is first. */
function rostersOf({ to = [], any, zone, authority, places }: Given<typeof options>): readonly Roster[] {
  if ((to.length === 0) === (any === undefined)) throw new UsageError('expected either --to or --any')
  if (any === undefined) {
    if (zone !== undefined || authority !== undefined || places !== undefined)
      throw new UsageError('--zone, --authority and --places stand with --any')
    const wrong = to.find((name) => !requesterNameSchema.safeParse(name).success)
    if (wrong !== undefined)
      throw new UsageError(`--to ${wrong} is no requester; expected one like EE/requester/insurer`)
    if (new Set(to).size !== to.length) throw new UsageError('--to names a requester twice')
    return to.map((requester) => ({ requester }))
  }
  const kind = requesterSchema.shape.kind.safeParse(any)
  if (!kind.success && any !== 'anyone')
    throw new UsageError(`--any ${any}: expected ${requesterSchema.shape.kind.options.join(', ')} or anyone`)
  if (zone !== undefined && !countryCodeSchema.safeParse(zone).success)
    throw new UsageError(`--zone ${zone} is no country; expected one like EE`)
  const roster = { kind: kind.success ? kind.data : null, zone: zone ?? null, authority: authority ?? null }
  return Array.from({ length: wholeOf(places, '--places', 1) }, () => roster)
}

function wholeOf(text: string | undefined, option: string, otherwise: number): number {
  if (text === undefined) return otherwise
  const n = /^[1-9][0-9]?$/.test(text) ? Number(text) : 0
  if (n >= 1 && n <= limits.proffers) return n
  throw new UsageError(`${option} ${text} is no whole number from 1 to ${limits.proffers}`)
}

function daysOf(text: string): number {
  const days = /^([1-9][0-9]{0,3})d?$/.exec(text)?.[1]
  if (days === undefined) throw new UsageError(`--expires ${text} is no number of days; expected one like 7d`)
  return Number(days)
}

/** A handle of its own, kept before anybody sees it. */
async function nextHandle({ files, passport }: Holder, requester: string) {
  const { wallet, made } = withHandle(files.wallet(), files.seed, requester, passport)
  await files.keep(wallet)
  return handleSigner(files.seed, requester, made.counter)
}

function reportMade(roster: string, made: readonly MadeProffer[], cap: number, { node }: Holder): Report {
  const links = made.map(({ proffer }) => ({
    for: proffer.payload.for,
    proffer: proffer.id,
    link: writeProfferLink({ node, proffer: proffer.id }),
  }))
  const [first] = made
  return {
    json: { roster, cap, proffers: links },
    lines: [
      `Your vault keeps ${count(made.length, 'proffer')}; ${cap === made.length ? 'each' : `${cap} of them`} can be accepted until ${minuteOf(first?.proffer.payload.expires ?? '')}.`,
      ...links.flatMap(({ for: who, link }) => ['', describeRoster(who), `  ${link}`]),
      '',
      'Hand each link to the one it is for; no two get the same.',
      `Take them back: dcann proffer withdraw ${roster}`,
    ],
  }
}

export const list = defineCommand({
  says: 'Lists what you proffered, to whom, and what became of it.',
  options: ofWallet,
  example: 'dcann proffer list',
  run: async ({ given, folder, screen }): Promise<Report> => {
    const holder = await openHolder({ folder, screen, given })
    const { rosters } = await holder.vault.listProffers(holder.by)
    return {
      json: { rosters },
      lines: [
        rosters.length === 0 ? 'You have proffered nothing.' : count(rosters.length, 'roster'),
        ...rosters.flatMap(({ roster, cap, accepted, proffers }) => [
          '',
          `Roster ${roster}: ${accepted} of at most ${cap} accepted`,
          ...proffers.flatMap(({ id, proffer, state, requester, agreement }) => {
            const { payload } = readSigned(profferNoun, proffer)
            return table([
              ['For', requester ?? describeRoster(payload.for)],
              ['Is', wordsOfState[state]],
              ['Lets out', listOf(payload.terms.map(strandOf))],
              ['Until', minuteOf(payload.expires)],
              ['Agreement', agreement ?? undefined],
              ['Proffer', id],
            ])
          }),
        ]),
      ],
    }
  },
})

const wordsOfState = {
  open: 'open; nobody has looked at it',
  opened: 'looked at, and not accepted yet',
  accepted: 'accepted',
  withdrawn: 'taken back',
  expired: 'expired',
  closed: 'closed, since others accepted',
}

function strandOf({ claims, strand, optional }: Proffer['terms'][number]): string {
  return `${claims ? `${claims.join(', ')} of ` : ''}${strand}${optional ? ' (optional)' : ''}`
}

export const withdraw = defineCommand({
  says: 'Takes back a proffer, or all of one roster, as far as nobody has accepted. Nobody is told.',
  takes: ['<proffer | roster>'],
  options: ofWallet,
  example: 'dcann proffer withdraw Zt3c…',
  run: async ({ words: [id = ''], given, folder, screen }): Promise<Report> => {
    if (!recordIdSchema.safeParse(id).success)
      throw new UsageError(`${JSON.stringify(id)} is no id of a proffer or roster; look at: dcann proffer list`)
    const holder = await openHolder({ folder, screen, given })
    const { rosters } = await holder.vault.listProffers(holder.by)
    const what = rosters.some(({ roster }) => roster === id) ? { roster: id } : { proffer: id }
    const { withdrawn } = await holder.vault.withdraw(holder.by, what)
    return {
      json: { withdrawn },
      lines: [
        withdrawn === 0
          ? 'Nothing of it was open any more.'
          : `You took back ${count(withdrawn, 'proffer')}. To whoever has the link there is nothing there.`,
      ],
    }
  },
})
