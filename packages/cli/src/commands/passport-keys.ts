import { capabilityNoun } from '@dcann/protocol/capability'
import { formatIdentifier } from '@dcann/protocol/identifier'
import { keyDigest } from '@dcann/protocol/key'
import { readSigned } from '@dcann/protocol/signed'
import { parseTime } from '@dcann/protocol/time'
import { makeCapability } from '@dcann/sdk/capability'
import { changePassport } from '@dcann/sdk/passport-change'
import { withPassport } from '@dcann/sdk/wallet'
import { controlSigner, findControl } from '@dcann/sdk/wallet-keys'
import { instantOf } from '@dcann/sdk/world'
import { defineCommand, type Report } from '../command.ts'
import { CommandError } from '../failure.ts'
import { type Holder, openHolder } from '../holder.ts'
import { withLock } from '../lock.ts'
import { ofWallet } from '../options.ts'
import { admitRecord, followRecord, followsLater, newestRecord } from '../passport-record.ts'
import { count, table } from '../wrap.ts'

export const rotate = defineCommand({
  says: 'Changes the key that controls your passport to the next one of your wallet, and gives your devices their rights anew. Your recovery kit stays good. After a theft of the wallet itself use: dcann passport recover',
  options: ofWallet,
  example: 'dcann passport rotate',
  run: async ({ given, folder, screen }): Promise<Report> =>
    await withLock(folder, async () => {
      const holder = await openHolder({ folder, screen, given })
      const { world, passport, files, vault, control } = holder
      const resolver = holder.resolver()
      const held = await newestRecord(resolver, passport)
      const number = findControl(files.seed, held.payload.keys) ?? 0
      const [next, after] = [controlSigner(files.seed, number + 1), controlSigner(files.seed, number + 2)]
      const others = held.payload.next.filter((digest) => digest !== keyDigest(next.key))
      const record = await changePassport(
        world,
        held,
        {
          keys: held.payload.keys.map((key) => (key === control.key ? next.key : key)),
          next: [keyDigest(after.key), ...others].slice(0, 16),
        },
        [control, next],
      )
      const { id, seq } = await admitRecord({ resolver, world }, passport, record)
      const kept = files.wallet().passports.find((one) => one.passport === passport)
      if (kept) await files.keep(withPassport(files.wallet(), { ...kept, control: number + 1 }))
      const follows = await followRecord(vault, record, seq)
      const renewed = follows
        ? await renewRights({ ...holder, control: next, by: { from: passport, signer: next } })
        : 0
      return {
        json: { identifier: passport, record: id, seq, control: next.kid, followed: follows, renewed },
        lines: [
          'Another key controls your passport now; the one before opens nothing any more.',
          ...table([
            ['Record', `${id} (number ${seq})`],
            ['Control key', next.kid],
            ['Settled', 'in 14 days; until then your recovery set may take it back'],
          ]),
          ...(follows
            ? renewed > 0
              ? [
                  `${count(renewed, 'device has its right', 'devices have their rights')} anew. Stop cards stay as they are.`,
                ]
              : []
            : [followsLater, 'Give devices their rights anew then: dcann device list, dcann device add']),
        ],
      }
    }),
})

/** What a control key gave ends with it; what can only stop does not. */
async function renewRights({ world, passport, control, by, vault }: Holder): Promise<number> {
  const { capabilities } = await vault.listCapabilities(by)
  let renewed = 0
  for (const { capability, ended } of capabilities) {
    const { key, right, until } = readSigned(capabilityNoun, capability).payload
    if (ended || right === 'narrow' || parseTime(until) <= instantOf(world)) continue
    await vault.makeCapability(await makeCapability(world, { passport, key, right, until: parseTime(until) }, control))
    renewed++
  }
  return renewed
}

export const end = defineCommand({
  says: 'Ends your passport for good: every agreement is revoked, and its identifier resolves to nobody, for ever. Its zone erases its records 15 days later. What lies in the vault can still be read.',
  options: { yes: { says: 'do not ask' }, ...ofWallet },
  example: 'dcann passport end',
  run: async ({ given, folder, screen }): Promise<Report> => {
    const holder = await openHolder({ folder, screen, given })
    const { world, passport, vault, control } = holder
    if (given.yes !== true) {
      const question = `End ${formatIdentifier(passport)} for good? Nobody can take this back, you neither.`
      if (!screen.interactive)
        throw new CommandError('not-confirmed', 'ending a passport: nobody is here to be asked; give --yes')
      if (!(await screen.confirm(question))) throw new CommandError('not-confirmed', 'nothing was ended')
    }
    const resolver = holder.resolver()
    const record = await changePassport(world, await newestRecord(resolver, passport), { status: 'ended' }, [control])
    const { id, seq } = await admitRecord({ resolver, world }, passport, record)
    const follows = await followRecord(vault, record, seq)
    return {
      json: { identifier: passport, record: id, seq, ended: true, followed: follows },
      lines: [
        `Your passport ${formatIdentifier(passport)} has ended.`,
        ...table([['Record', `${id} (number ${seq})`]]),
        follows ? 'Every agreement is revoked, and your vault answers nobody any more.' : followsLater,
      ],
    }
  },
})
