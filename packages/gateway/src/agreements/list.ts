import { ProtocolError } from '@dcann/protocol/errors'
import { claimedBy, pairIn } from '@dcann/protocol/pair'
import type { RecordId } from '@dcann/protocol/signed'
import { createVaultClient } from '@dcann/sdk/vault-client'
import type { z } from 'zod'
import type { agreementsAnswer, agreementsQuery } from '../console/calls.ts'
import { noticed, whatHappened } from '../notices/shelf.ts'
import { agreements, keptAgreement, type KeptAgreement } from './shelf.ts'
import type { AgreementsDesk } from './take.ts'

type Answer = z.infer<typeof agreementsAnswer>
type Listed = Answer['agreements'][number]

/** A page of agreements, each with what its vault's chain says of it now. */
export async function listAgreements(
  desk: AgreementsDesk,
  { limit, after }: z.infer<typeof agreementsQuery>,
): Promise<Answer> {
  const from = after === undefined ? {} : { after: agreements.at(after).key }
  const page = (await desk.store.range(agreements.page([], { limit, ...from }))).map((entry) => agreements.entry(entry))
  // a vault that does not answer keeps the others waiting no longer than itself
  const listed = await Promise.all(page.map(({ id, value }) => describe(desk, id[0] ?? '', value)))
  const last = listed.at(-1)?.agreement
  return {
    agreements: listed,
    ...(listed.length === limit && last !== undefined ? { next: last } : {}),
    notices: await noticed(desk.store),
  }
}

/** One agreement, as the page has it. Throws `not-found` when none of this id is held here. */
export async function showAgreement(desk: AgreementsDesk, agreement: RecordId): Promise<Listed> {
  return await describe(desk, agreement, await keptAgreement(desk.store, agreement))
}

async function describe(desk: AgreementsDesk, agreement: RecordId, kept: KeptAgreement): Promise<Listed> {
  const { handle, terms, until } = claimedBy(kept)
  return {
    agreement,
    handle,
    node: kept.node,
    terms: [...terms],
    until,
    ...(await standingOf(desk, agreement, kept.node)),
    ...(await whatHappened(desk.store, agreement)),
    ...pairIn(kept),
  }
}

async function standingOf(
  { requester }: AgreementsDesk,
  agreement: RecordId,
  node: string,
): Promise<Pick<Listed, 'standing' | 'why'>> {
  try {
    const { url } = await requester.home(node)
    const vault = createVaultClient(requester.world, url)
    return { standing: (await vault.listEvents(requester.by, agreement, { limit: 1 })).standing }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return { standing: 'unknown', why: error.code }
  }
}
