import { sha256, utf8 } from '@dcann/protocol/bytes'
import { testSigner } from '@dcann/protocol/key'
import type { PassportRecord } from '@dcann/protocol/passport'
import { recoveryDigest } from '@dcann/protocol/recovery'
import type { Signed, Verified } from '@dcann/protocol/signed'
import { changePassport, recoverPassport } from '@dcann/sdk/passport-change'
import type { VaultClient } from '@dcann/sdk/vault-client'
import { makeAct } from '@dcann/sdk/wallet-documents'
import { controlSigner, paperSet } from '@dcann/sdk/wallet-keys'
import { expect } from 'vitest'
import {
  consent,
  dailyRides,
  offerOf,
  ridesPerWeek,
  ridesStrand,
  ridesTerm,
  send,
  settlePerson,
  signQuery,
} from '../consented.ts'
import type { Setting, Story } from './setting.ts'

/** Story 2, as it goes on: keys are changed, stolen and got back. */
export const keysLost: Story = {
  claims:
    'a key is changed and the vault follows; a thief who changes it is undone by a sheet of paper, and what he agreed ends',
  async tell(setting) {
    const { cast, world, label } = setting
    const { insurer } = cast.requesters
    const person = await settlePerson(world(), `keys-lost/${label}`, 'IN', cast.nodes.tallinn)
    await person.vault.makeStrand(person.by, ridesStrand)
    await person.vault.addEntries(person.by, 'mobility.rides', dailyRides(Math.floor(world().now()), 20))
    const sheet = paperSet(sha256(utf8(`keys-lost/sheet/${label}`)))
    const newSheet = paperSet(sha256(utf8(`keys-lost/new-sheet/${label}`)))
    const change = async (
      changed: Parameters<typeof changePassport>[2],
      ...signers: Parameters<typeof changePassport>[3]
    ): Promise<void> => {
      const held = await recordOf(setting, person.identifier)
      const record = await changePassport(world(), held, changed, signers)
      await setting.submit(record)
      await follows(person.vault, record, held.payload.seq + 1)
    }
    const agree = async (term: string, counter: number, signer = person.by.signer) => {
      const offer = await offerOf(world(), insurer, [ridesTerm(term, ['rides_per_week'])])
      return await consent(world(), { ...person, by: { ...person.by, signer } }, insurer, offer, [term], counter)
    }
    const ask = async (agreed: Awaited<ReturnType<typeof agree>>): Promise<number> =>
      (await send(world(), await signQuery(world(), agreed, ridesPerWeek))).status

    await change({ recovery: recoveryDigest(sheet.set) }, person.by.signer)
    const own = await agree('own', 0)
    expect(await ask(own)).toBe(200)
    const settled = await (await setting.resolver()).resolveName(person.identifier, { kind: 'passport', settled: true })
    expect(settled.record?.payload.seq).toBe(2)

    const thief = testSigner(`keys-lost/thief/${label}`)
    await change({ keys: [thief.key] }, person.by.signer)
    await expect(person.vault.listStrands(person.by)).rejects.toMatchObject({ code: 'key-unknown' })
    const theirs = await agree('theirs', 1, thief)
    expect(await ask(theirs)).toBe(200)
    // whoever asks for what has settled is not taken in
    await expect(
      (await setting.resolver()).resolvePassport(person.identifier, { settled: true }),
    ).rejects.toMatchObject({ code: 'unsettled' })

    const fresh = controlSigner(sha256(utf8(`keys-lost/fresh/${label}`)))
    const stolen = await recordOf(setting, person.identifier)
    const undoes = stolen.payload.fallback?.record
    expect(undoes).toBe(settled.record?.id)
    const recovered = await recoverPassport(
      world(),
      stolen,
      sheet.set,
      { keys: [fresh.key], set: newSheet.set, ...(undoes === undefined ? {} : { undoes }) },
      [sheet.signer],
    )
    await setting.submit(recovered)
    await follows(person.vault, recovered, 4)
    expect(await ask(theirs)).toBe(404)
    // what was agreed in the very second of the theft waits for its holder's word
    await person.vault.act(await makeAct(world(), 'resume', own.agreement, fresh))
    expect(await ask(own)).toBe(200)
    await expect(person.vault.listStrands({ ...person.by, signer: thief })).rejects.toMatchObject({
      code: 'key-unknown',
    })
    const { lines } = await person.vault.readTrail({ ...person.by, signer: fresh })
    const happened = lines.filter(({ entry }) => entry.kind === 'passport').map(({ entry }) => entry.outcome)
    expect(happened).toEqual(['changed', 'rotated', 'recovered'])
    // the sheet that was used is no longer the one that acts in time, and nobody but its holder has the new keys
    const again = await recoverPassport(
      world(),
      await recordOf(setting, person.identifier),
      newSheet.set,
      { keys: [thief.key], set: null },
      [newSheet.signer],
    )
    await expect(setting.submit(again)).rejects.toMatchObject({ code: 'not-entitled' })
  },
}

async function recordOf(setting: Setting, passport: string): Promise<Verified<PassportRecord>> {
  const { record } = await (await setting.resolver()).resolveName(passport, { kind: 'passport', fresh: true })
  if (!record) throw new Error('there is no such passport')
  return record
}

/** A zone shows a record once its head is vouched for; the vault then goes by it. */
async function follows(vault: VaultClient, record: Signed, seq: number): Promise<void> {
  await expect.poll(async () => (await vault.follow(record)).seq, { timeout: 20_000, interval: 250 }).toBe(seq)
}
