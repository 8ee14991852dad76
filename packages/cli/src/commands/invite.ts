import { inviteDigest, inviteAddress, inviteOf, type InviteTerms } from '@dcann/protocol/invite'
import { requesterKindSchema } from '@dcann/protocol/requester'
import { formatTime } from '@dcann/protocol/time'
import { writeInvite } from '@dcann/sdk/invite-link'
import { instantOf } from '@dcann/sdk/world'
import { renderUnicodeCompact } from 'uqr'
import { defineCommand, type Report } from '../command.ts'
import { UsageError } from '../failure.ts'
import { openHolder } from '../holder.ts'
import { ofWallet } from '../options.ts'
import { minuteOf } from '../plain-words.ts'
import { count, table } from '../wrap.ts'

export const make = defineCommand({
  says: 'Makes an invite to give to somebody: with it they can ask you once, and learn neither who you are nor where your data is from it. Shown once, kept nowhere.',
  options: {
    ...ofWallet,
    days: { value: '<n>', says: 'for how long it is open; 7 when left out' },
    kind: { value: '<kind>', says: `only for a ${requesterKindSchema.options.join(', ')}` },
    purpose: { value: '<purpose>', says: 'only for what is asked for this, like dpv:ServiceProvision' },
    note: { value: '<text>', says: 'who you give it to, for your own eyes' },
    qr: { says: 'draw the link as a QR code' },
  },
  example: 'dcann invite make --days 2 --kind company --note "the insurer at the fair"',
  run: async ({ given, folder, screen }): Promise<Report> => {
    const { world, vault, by, node } = await openHolder({ folder, screen, given })
    const invite = inviteOf(world.random(16))
    const expires = formatTime(instantOf(world) + daysOf(given.days ?? '7') * 86_400)
    const { invite: id } = await vault.makeInvite(by, inviteDigest(invite), { expires, ...termsOf(given) })
    const [address, link] = [inviteAddress(invite, node), writeInvite({ invite, node })]
    return {
      json: { invite: id, address, link, expires },
      lines: [
        link,
        ...table([
          ['Put it', 'behind the address of their page, as a link or as a QR code'],
          ['Or say', address],
          ['Open until', minuteOf(expires)],
          ['Invite', id],
        ]),
        ...(given.qr ? ['', ...renderUnicodeCompact(link).split('\n')] : []),
        'Whoever has it first can ask you, once. Take it back with: dcann invite withdraw <invite>',
      ],
    }
  },
})

function daysOf(text: string): number {
  if (/^[1-9][0-9]{0,2}$/.test(text)) return Number(text)
  throw new UsageError(`--days ${text} is no number of days; expected one like 7`)
}

function termsOf({
  kind,
  purpose,
  note,
}: {
  readonly kind?: string
  readonly purpose?: string
  readonly note?: string
}): Omit<InviteTerms, 'expires'> {
  const known = requesterKindSchema.options.find((one) => one === kind)
  if (kind !== undefined && known === undefined)
    throw new UsageError(`--kind ${kind} is none; expected one of ${requesterKindSchema.options.join(', ')}`)
  return {
    ...(known === undefined ? {} : { kind: known }),
    ...(purpose === undefined ? {} : { purpose }),
    ...(note === undefined ? {} : { note }),
  }
}

export const list = defineCommand({
  says: 'Lists the invites you gave out, and what became of each.',
  options: ofWallet,
  example: 'dcann invite list',
  run: async ({ given, folder, screen }): Promise<Report> => {
    const { vault, by } = await openHolder({ folder, screen, given })
    const { invites } = await vault.listInvites(by)
    return {
      json: { invites },
      lines: [
        invites.length === 0 ? 'You have given out none. Make one: dcann invite make' : count(invites.length, 'invite'),
        ...invites.flatMap(({ invite, state, by: spender, ask, expires, kind, purpose, note }) => [
          '',
          note ?? 'An invite',
          ...table([
            ['State', spender === undefined ? state : `${state} by ${spender}`],
            ['Only for', [...(kind ? [`a ${kind}`] : []), ...(purpose ? [purpose] : [])].join(', ') || undefined],
            ['Until', minuteOf(expires)],
            ['Ask', ask],
            ['Invite', invite],
          ]),
        ]),
      ],
    }
  },
})

export const withdraw = defineCommand({
  says: 'Takes an invite back: whoever has it reaches nobody by it any more, and is not told.',
  takes: ['<invite>'],
  options: ofWallet,
  example: 'dcann invite withdraw kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
  run: async ({ words: [id = ''], given, folder, screen }): Promise<Report> => {
    const { vault, by } = await openHolder({ folder, screen, given })
    const { state } = await vault.withdrawInvite(by, id)
    return {
      json: { invite: id, state },
      lines: [
        state === 'spent'
          ? 'It was spent before: somebody has asked with it. See what waits with: dcann asks'
          : 'It is withdrawn: nobody reaches you by it.',
      ],
    }
  },
})
