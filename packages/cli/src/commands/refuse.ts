import { requesterNameSchema } from '@dcann/protocol/name'
import { purposeSchema } from '@dcann/protocol/vocabulary'
import { offerToRefuse } from '../ask-source.ts'
import { defineCommand, type Report } from '../command.ts'
import { UsageError } from '../failure.ts'
import { type Holder, openHolder } from '../holder.ts'
import { ofWallet } from '../options.ts'
import { listOf, minuteOf, wordsOf } from '../plain-words.ts'
import { count } from '../wrap.ts'

export const refuse = defineCommand({
  says: 'Says no to an ask, or with --purpose to every ask for a purpose, in advance. Your vault remembers it; whoever asks hears nothing.',
  takes: ['[link | ask id | offer file]'],
  options: {
    purpose: { value: '<dpv:…>', says: 'this whole purpose and every narrower one, until you lift it' },
    except: { value: '<requester>', many: true, says: 'with --purpose: this one may ask all the same' },
    ...ofWallet,
  },
  example: 'dcann refuse --purpose dpv:Marketing',
  run: async ({ words: [text], given, folder, screen }): Promise<Report> => {
    const { purpose, except = [] } = given
    if ((text === undefined) === (purpose === undefined)) throw new UsageError('expected either an ask or --purpose')
    if (text !== undefined && except.length > 0) throw new UsageError('--except stands with --purpose')
    if (purpose !== undefined) requirePurpose(purpose, '--purpose')
    const nobody = except.find((name) => !requesterNameSchema.safeParse(name).success)
    if (nobody !== undefined)
      throw new UsageError(`--except ${nobody} is no requester; expected one like EE/requester/insurer`)
    const holder = await openHolder({ folder, screen, given })
    return purpose === undefined
      ? await refuseOne(holder, text ?? '')
      : await refusePurpose(holder, { purpose, except: [...except] })
  },
})

async function refuseOne(holder: Holder, text: string): Promise<Report> {
  const what = await offerToRefuse(text, holder)
  const { re_ask_not_before: until } = await holder.vault.refuse(holder.by, what)
  return {
    json: { refused: true, ...('ask' in what ? what : {}), re_ask_not_before: until },
    lines: [
      'You said no. Whoever asked hears nothing, and it costs you nothing.',
      `Until ${minuteOf(until)} your vault keeps from you what they, or another company of`,
      'their group, ask for the same purpose.',
    ],
  }
}

async function refusePurpose({ vault, by }: Holder, said: { purpose: string; except: string[] }): Promise<Report> {
  const { refusal, dropped } = await vault.refuseInAdvance(by, said)
  const not = said.except.filter((name) => !refusal.except.includes(name))
  return {
    json: { refusal, dropped },
    lines: [
      `You are not asked for ${wordsOf(refusal.purpose)} any more, nor for anything narrower. Whoever asks hears nothing.`,
      ...(refusal.except.length > 0 ? [`Save by ${listOf(refusal.except)}.`] : []),
      ...(not.length > 0
        ? [`Not excepted, since it was refused before without them: ${listOf(not)}. Lift it first, then say it anew.`]
        : []),
      ...(dropped > 0 ? [`${count(dropped, 'ask that waited is gone', 'asks that waited are gone')}.`] : []),
      `Lift it: dcann refusals lift --purpose ${refusal.purpose}`,
    ],
  }
}

export const refusals = defineCommand({
  says: 'Lists what you do not want to be asked: purposes in advance, and asks that you refused.',
  options: ofWallet,
  example: 'dcann refusals',
  run: async ({ given, folder, screen }): Promise<Report> => {
    const { vault, by } = await openHolder({ folder, screen, given })
    const { standing, remembered } = await vault.listRefusals(by)
    return {
      json: { standing, remembered },
      lines: [
        ...(standing.length + remembered.length === 0 ? ['You have refused nothing.'] : []),
        ...standing.map(
          ({ purpose, except }) =>
            `In advance: ${wordsOf(purpose)} (${purpose})${except.length > 0 ? `, save by ${listOf(except)}` : ''}`,
        ),
        ...remembered.map(
          ({ requester, purpose, until }) => `${requester}: ${wordsOf(purpose)}, until ${minuteOf(until)}`,
        ),
      ],
    }
  },
})

export const lift = defineCommand({
  says: 'Lets yourself be asked again: for a purpose that you refused in advance, or by a requester whose ask you refused.',
  options: {
    purpose: { value: '<dpv:…>', says: 'the purpose, as dcann refusals shows it' },
    requester: { value: '<requester>', says: 'all that you refused to this one' },
    ...ofWallet,
  },
  example: 'dcann refusals lift --purpose dpv:Marketing',
  run: async ({ given, folder, screen }): Promise<Report> => {
    const { purpose, requester } = given
    if ((purpose === undefined) === (requester === undefined))
      throw new UsageError('expected either --purpose or --requester')
    if (purpose !== undefined) requirePurpose(purpose, '--purpose')
    const { vault, by } = await openHolder({ folder, screen, given })
    const { lifted } = await vault.liftRefusal(by, purpose === undefined ? { requester: requester ?? '' } : { purpose })
    return {
      json: { lifted },
      lines: [lifted === 0 ? 'Nothing of the kind was refused.' : 'Lifted: you can be asked again.'],
    }
  },
})

function requirePurpose(text: string, option: string): void {
  if (purposeSchema.safeParse(text).success) return
  throw new UsageError(`${option} ${text} is no purpose of DPV 2.3; expected one like dpv:Marketing`)
}
