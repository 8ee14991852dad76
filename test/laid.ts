import type { Term } from '@dcann/protocol/offer'
import type { Roster } from '@dcann/protocol/proffer'
import type { RecordId } from '@dcann/protocol/signed'
import { makeAcceptance, type MadeProffer, makeProffer, openProffer, type ProfferText } from '@dcann/sdk/proffer'
import type { Resolver } from '@dcann/sdk/resolver'
import type { Caller } from '@dcann/sdk/signed-call'
import { createVaultClient } from '@dcann/sdk/vault-client'
import { anybody, handleSigner } from '@dcann/sdk/wallet-keys'
import type { World } from '@dcann/sdk/world'
import type { CastRequester } from './cast.ts'
import { type Person, ridesTerm } from './consented.ts'

/** What a person of a test lets out: how often they ride, and where from if the requester wants it. */
export function profferText(world: World, purpose: string, change: Partial<Term> = {}): ProfferText {
  return {
    terms: [
      ridesTerm('rate', ['rides_per_week'], { purpose, ...change }),
      ridesTerm('places', ['begin_address'], { purpose, optional: true, ...change }),
    ],
    value: {
      gives: [{ kind: 'money', amount: '2.00', currency: 'EUR', per: 'answer', terms: ['rate'] }],
      settle_by: 'P30D',
    },
    lasts: 'P90D',
    expires: Math.floor(world.now()) + 7 * 86_400,
  }
}

/** Lays proffers of these texts, one for each roster, each under the next handle counted from `counter`. */
export async function lay(
  world: World,
  person: Person,
  made: readonly { readonly for: Roster; readonly text: ProfferText; readonly prior?: string }[],
  cap: number,
  counter = 100,
): Promise<{ readonly roster: RecordId; readonly proffers: readonly MadeProffer[] }> {
  const proffers = await Promise.all(
    made.map(async ({ for: roster, text, prior }, i) => {
      const name = 'requester' in roster ? roster.requester : anybody
      return await makeProffer(world, text, {
        for: roster,
        handle: handleSigner(person.seed, name, counter + i),
        passport: person.identifier,
        control: person.by.signer,
        ...(prior === undefined ? {} : { prior }),
      })
    }),
  )
  const { roster } = await person.vault.layProffers(person.by, {
    proffers: proffers.map(({ proffer, binding }) => ({ proffer: proffer.signed, binding: binding.signed })),
    cap,
  })
  return { roster, proffers }
}

/** A requester of the cast as it calls. */
export function callerOf({ record, keys }: CastRequester): Caller {
  const [signer] = keys
  if (!signer) throw new Error('the requester has no key')
  return { from: record.payload.name, signer }
}

/** The requester opens the proffer by its link and accepts these terms of it. */
export async function openAndAccept(
  world: World,
  resolver: Resolver,
  person: Person,
  requester: CastRequester,
  proffer: RecordId,
  terms?: readonly string[],
) {
  const by = callerOf(requester)
  const link = { node: person.node.record.payload.name, proffer }
  const opened = await openProffer(world, resolver, link, by)
  const pair = await makeAcceptance(world, opened.proffer, requester.record.payload, by.signer, terms ? { terms } : {})
  const accepted = await createVaultClient(world, person.vault.url).accept(pair.acceptance.signed)
  return { ...pair, accepted, node: opened.home.node.payload, by }
}
