import { testSigner } from '@dcann/protocol/key'
import { requesterNoun } from '@dcann/protocol/requester'
import { createVaultClient } from '@dcann/sdk/vault-client'
import { expect } from 'vitest'
import { type CastRequester, leiOf, write } from '../cast.ts'
import { codeOf } from '../code-of.ts'
import { offerOf, ridesTerm, settlePerson } from '../consented.ts'
import { callerOf } from '../laid.ts'
import type { Setting, Story } from './setting.ts'

/** Story 5, not wanting to be asked. */
export const notAsked: Story = {
  claims:
    'who was refused is not heard again for the same, nor is another company of its group; whole purposes are refused in advance; to whoever asks it all looks like silence',
  async tell(setting) {
    const { cast, world, label } = setting
    const { insurer } = cast.requesters
    const person = await settlePerson(world(), `not-asked/${label}`, 'IN', cast.nodes.tallinn)
    const sister = await registerSister(setting)
    const asking = createVaultClient(world(), person.vault.url)
    const propose = async (who: CastRequester, id: string) => {
      const offer = await offerOf(world(), who, [ridesTerm(id, ['rides_per_week'])])
      return await asking.propose(callerOf(who), person.identifier, offer.signed)
    }
    const seen = async () => (await person.vault.listAsks(person.by)).asks.map(({ requester }) => requester)

    // refused once: neither it nor its sister is heard for the same, and neither can tell
    const first = await propose(insurer, 'first')
    await person.vault.refuse(person.by, { ask: first.proposal })
    const unheard = [await propose(insurer, 'again'), await propose(sister, 'sister')]
    expect(await seen()).toEqual([])
    expect(unheard.map(({ state }) => state)).toEqual(['pending', 'pending'])
    expect((await asking.pollProposal(callerOf(sister), unheard[1]?.proposal ?? '')).state).toBe('pending')
    const { remembered } = await person.vault.listRefusals(person.by)
    expect(remembered).toMatchObject([{ requester: 'EE/requester/insurer', purpose: 'dpv:PersonalisedBenefits' }])

    // lifted, they are heard again
    expect(await person.vault.liftRefusal(person.by, { requester: 'EE/requester/insurer' })).toEqual({ lifted: 1 })
    await propose(insurer, 'heard')
    await propose(sister, 'heard')
    expect((await seen()).toSorted()).toEqual(['EE/requester/insurer', sister.record.payload.name].toSorted())

    // a whole purpose in advance, with every narrower one, save to one company: what waited is gone as well
    const refusal = { purpose: broader, except: ['EE/requester/insurer'] }
    expect(await person.vault.refuseInAdvance(person.by, refusal)).toEqual({ refusal, dropped: 1 })
    expect(await seen()).toEqual(['EE/requester/insurer'])
    await propose(sister, 'narrower')
    await propose(insurer, 'excepted')
    expect(await seen()).toEqual(['EE/requester/insurer', 'EE/requester/insurer'])

    // said again it only grows: nobody else is excepted by that, and fewer are
    const wider = { purpose: broader, except: [sister.record.payload.name] }
    expect(await person.vault.refuseInAdvance(person.by, wider)).toEqual({
      refusal: { purpose: broader, except: [] },
      dropped: 2,
    })
    expect(await seen()).toEqual([])
    expect(await codeOf(() => person.vault.liftRefusal(person.by, {}))).toBe('schema-mismatch')
    expect(await person.vault.liftRefusal(person.by, { purpose: broader })).toEqual({ lifted: 1 })
    expect(await person.vault.liftRefusal(person.by, { purpose: broader })).toEqual({ lifted: 0 })
    await propose(sister, 'at-last')
    expect(await seen()).toEqual([sister.record.payload.name])

    const { lines } = await person.vault.readTrail(person.by, { limit: 256 })
    const told = lines.map(({ entry }) => entry.outcome)
    expect(told.filter((one) => one === 'refused-in-advance')).toHaveLength(2)
    expect(told.filter((one) => one === 'refusal-lifted')).toHaveLength(2)
  },
}

/** What the insurer's registered purpose is a narrower one of. */
const broader = 'dpv:ServicePersonalisation'

/** Another company that the insurer owns, registered in its own name. */
async function registerSister({ cast, submit, label }: Setting): Promise<CastRequester> {
  const { payload } = cast.requesters.insurer.record
  const name = `EE/requester/sister-${label}`
  const keys = [testSigner(`${cast.seed}/${name}`)]
  const record = await write(
    requesterNoun,
    {
      ...payload,
      name,
      legal_name: 'Sõsar Kindlustus (made up)',
      lei: leiOf(name),
      keys: keys.map(({ key }) => key),
      next: [],
      control: { ...payload.control, parent: payload.lei, exception: null },
    },
    [...cast.countries.EE.keys, ...keys],
  )
  await submit(record.signed)
  return { keys, record }
}
