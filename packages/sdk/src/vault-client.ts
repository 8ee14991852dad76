import type { Invite, InviteTerms } from '@dcann/protocol/invite'
import type { RecordId, Signed } from '@dcann/protocol/signed'
import type { StandingRefusal } from '@dcann/protocol/standing-refusal'
import type { Strand } from '@dcann/protocol/strand'
import {
  acceptanceCall,
  actAnswer,
  actCall,
  agreementsAnswer,
  agreementsCall,
  asksAnswer,
  asksCall,
  capabilitiesAnswer,
  capabilitiesCall,
  capabilityAnswer,
  capabilityCall,
  capabilityEndAnswer,
  capabilityEndCall,
  entriesAnswer,
  entriesCall,
  entriesListAnswer,
  entriesListCall,
  eventsAnswer,
  eventsCall,
  evidenceAnswer,
  evidenceCall,
  grantAnswer,
  grantCall,
  followAnswer,
  followCall,
  hostAnswer,
  hostCall,
  inviteAnswer,
  inviteCall,
  invitesAnswer,
  invitesCall,
  inviteWithdrawAnswer,
  inviteWithdrawCall,
  nodeAnswer,
  liftAnswer,
  liftCall,
  openAnswer,
  openCall,
  noticesAnswer,
  noticesCall,
  pollAnswer,
  pollCall,
  proffersAnswer,
  proffersCall,
  proffersListAnswer,
  proffersListCall,
  proposalAnswer,
  proposalCall,
  refusalsAnswer,
  refusalsCall,
  refuseAnswer,
  refuseCall,
  standingRefusalAnswer,
  standingRefusalCall,
  stopAnswer,
  stopCall,
  pushAnswer,
  pushCall,
  pushEndAnswer,
  pushEndCall,
  pushesAnswer,
  pushesCall,
  strandAnswer,
  strandCall,
  strandsAnswer,
  strandsCall,
  trailAnswer,
  trailCall,
  undoAnswer,
  undoCall,
  withdrawAnswer,
  withdrawCall,
} from '@dcann/protocol/vault-api'
import type { Entry } from '@dcann/protocol/entry'
import type { z } from 'zod'
import { addressBelow, exchange } from './exchange.ts'
import { type Caller, type CallWorld, callSigned, postRecord } from './signed-call.ts'

type Answer<S extends z.ZodType> = Promise<z.infer<S>>
type Page = { readonly after?: string; readonly limit?: number }

/**
 * Every call to one vault node. Those that `by` somebody are signed for by that caller; the others carry records that sign
 * for themselves. Each answer is checked for its form; what it says is the node's word, until evidence shows it.
 *
 * All throw `unreachable`, `answer-invalid`, and the code of whatever problem the node answers with.
 */
export type VaultClient = {
  readonly url: string
  /** Who the node says it is; the registry decides whether to believe it. */
  readonly describe: () => Answer<typeof nodeAnswer>
  readonly host: (genesis: Signed) => Answer<typeof hostAnswer>
  /** Has the node look at the passport's zone at once, for a record that was admitted there. */
  readonly follow: (record: Signed) => Answer<typeof followAnswer>
  readonly makeStrand: (by: Caller, strand: Strand) => Answer<typeof strandAnswer>
  readonly listStrands: (by: Caller) => Answer<typeof strandsAnswer>
  readonly addEntries: (by: Caller, strand: string, entries: readonly Entry[]) => Answer<typeof entriesAnswer>
  readonly listEntries: (by: Caller, strand: string, page?: Page) => Answer<typeof entriesListAnswer>
  readonly grant: (pair: z.infer<typeof grantCall>) => Answer<typeof grantAnswer>
  /** Takes back a grant that has not settled. */
  readonly undoGrant: (by: Caller, agreement: RecordId) => Answer<typeof undoAnswer>
  readonly act: (act: Signed) => Answer<typeof actAnswer>
  /** Pauses or revokes without a list; see `makeStop`. */
  readonly stop: (stop: Signed) => Answer<typeof stopAnswer>
  /** Gives another key a right; see `makeCapability`. */
  readonly makeCapability: (capability: Signed) => Answer<typeof capabilityAnswer>
  readonly endCapability: (end: Signed) => Answer<typeof capabilityEndAnswer>
  readonly listCapabilities: (by: Caller) => Answer<typeof capabilitiesAnswer>
  /** Delivers an offer to a handle or passport. */
  readonly propose: (by: Caller, to: string, offer: Signed) => Answer<typeof proposalAnswer>
  /** Delivers an offer to whoever gave the token out. */
  readonly proposeByInvite: (by: Caller, invite: Invite, offer: Signed) => Answer<typeof proposalAnswer>
  /** Lets whoever has the token ask once: `invite` is its digest; see `inviteOf` and `inviteDigest`. */
  readonly makeInvite: (by: Caller, invite: RecordId, terms: InviteTerms) => Answer<typeof inviteAnswer>
  readonly listInvites: (by: Caller) => Answer<typeof invitesAnswer>
  readonly withdrawInvite: (by: Caller, invite: RecordId) => Answer<typeof inviteWithdrawAnswer>
  readonly pollProposal: (by: Caller, proposal: RecordId) => Answer<typeof pollAnswer>
  readonly listAsks: (by: Caller) => Answer<typeof asksAnswer>
  readonly refuse: (
    by: Caller,
    what: { readonly ask?: RecordId; readonly offer?: Signed },
  ) => Answer<typeof refuseAnswer>
  /** Refuses a whole purpose in advance, save to those in `except`; said again it only grows. */
  readonly refuseInAdvance: (by: Caller, refusal: StandingRefusal) => Answer<typeof standingRefusalAnswer>
  readonly listRefusals: (by: Caller) => Answer<typeof refusalsAnswer>
  /** Lifts a purpose refused in advance, or all that is remembered of one requester. */
  readonly liftRefusal: (
    by: Caller,
    what: { readonly purpose?: string; readonly requester?: string },
  ) => Answer<typeof liftAnswer>
  /** Lays proffers under one cap; see `makeProffer`. */
  readonly layProffers: (
    by: Caller,
    laid: Pick<z.infer<typeof proffersCall>, 'proffers' | 'cap'>,
  ) => Answer<typeof proffersAnswer>
  readonly listProffers: (by: Caller) => Answer<typeof proffersListAnswer>
  /** Takes back what is not accepted yet. */
  readonly withdraw: (
    by: Caller,
    what: { readonly proffer?: RecordId; readonly roster?: RecordId },
  ) => Answer<typeof withdrawAnswer>
  readonly openProffer: (by: Caller, proffer: RecordId) => Answer<typeof openAnswer>
  /** Completes an agreement on a proffer; see `makeAcceptance`. */
  readonly accept: (acceptance: Signed) => Answer<typeof grantAnswer>
  readonly listAgreements: (by: Caller) => Answer<typeof agreementsAnswer>
  /** The chain of an agreement, from after number `after`. */
  readonly listEvents: (
    by: Caller,
    agreement: RecordId,
    page?: { readonly after?: number; readonly limit?: number },
  ) => Answer<typeof eventsAnswer>
  /** What the holder is to be told soon, after the cursor `next` of before; `wait` seconds for the next. */
  readonly listNotices: (
    by: Caller,
    page?: { readonly after?: string; readonly wait?: number },
  ) => Answer<typeof noticesAnswer>
  /** Has an empty push sent to an address, of a browser's push service or any other, when there is something to be told. */
  readonly addPush: (by: Caller, endpoint: string) => Answer<typeof pushAnswer>
  readonly listPushes: (by: Caller) => Answer<typeof pushesAnswer>
  readonly endPush: (by: Caller, push: RecordId) => Answer<typeof pushEndAnswer>
  /** A page of the trail; with `prove`, where each line stands in the node's log, all under one head. */
  readonly readTrail: (by: Caller, page?: Page & { readonly prove?: true }) => Answer<typeof trailAnswer>
  /** Entry `n` of an agreement's chain, or of the passport's own, with its proof once there is one. */
  readonly readEvidence: (by: Caller, agreement: RecordId | null, n: number) => Answer<typeof evidenceAnswer>
}

/**
 * A client of one node, by its base address as its record gives it. To query under an agreement, see `query.ts`.
 *
 * ```ts
 * const vault = createVaultClient(world, home.node.payload.url)
 * await vault.act(await makeAct(world, 'revoke', agreement, handleKey))
 * ```
 *
 * spec: vault-api
 */
export function createVaultClient(world: CallWorld, url: string): VaultClient {
  const at = (path: string): string => addressBelow(url, path)
  return {
    url,
    describe: async () => await exchange(world, { url: at('/v1/node'), answer: nodeAnswer }),
    host: async (genesis) => await postRecord(world, at('/v1/passports'), hostCall, { genesis }, hostAnswer),
    follow: async (record) => await postRecord(world, at('/v1/passports/follow'), followCall, { record }, followAnswer),
    makeStrand: async (by, strand) => await signed('/v1/strands', by, strandCall, { strand }, strandAnswer),
    listStrands: async (by) => await signed('/v1/strands/list', by, strandsCall, {}, strandsAnswer),
    addEntries: async (by, strand, entries) =>
      await signed('/v1/entries', by, entriesCall, { strand, entries: [...entries] }, entriesAnswer),
    listEntries: async (by, strand, page = {}) =>
      await signed('/v1/entries/list', by, entriesListCall, { strand, ...page }, entriesListAnswer),
    grant: async (pair) => await postRecord(world, at('/v1/grants'), grantCall, pair, grantAnswer),
    undoGrant: async (by, agreement) => await signed('/v1/grants/undo', by, undoCall, { agreement }, undoAnswer),
    act: async (act) => await postRecord(world, at('/v1/acts'), actCall, { act }, actAnswer),
    stop: async (stop) => await postRecord(world, at('/v1/stop'), stopCall, { stop }, stopAnswer),
    makeCapability: async (capability) =>
      await postRecord(world, at('/v1/capabilities'), capabilityCall, { capability }, capabilityAnswer),
    endCapability: async (end) =>
      await postRecord(world, at('/v1/capabilities/end'), capabilityEndCall, { end }, capabilityEndAnswer),
    listCapabilities: async (by) => await signed('/v1/capabilities/list', by, capabilitiesCall, {}, capabilitiesAnswer),
    propose: async (by, to, offer) => await signed('/v1/proposals', by, proposalCall, { to, offer }, proposalAnswer),
    proposeByInvite: async (by, invite, offer) =>
      await signed('/v1/proposals', by, proposalCall, { invite, offer }, proposalAnswer),
    makeInvite: async (by, invite, terms) =>
      await signed('/v1/invites', by, inviteCall, { invite, ...terms }, inviteAnswer),
    listInvites: async (by) => await signed('/v1/invites/list', by, invitesCall, {}, invitesAnswer),
    withdrawInvite: async (by, invite) =>
      await signed('/v1/invites/withdraw', by, inviteWithdrawCall, { invite }, inviteWithdrawAnswer),
    pollProposal: async (by, proposal) => await signed('/v1/proposals/poll', by, pollCall, { proposal }, pollAnswer),
    listAsks: async (by) => await signed('/v1/asks', by, asksCall, {}, asksAnswer),
    refuse: async (by, what) => await signed('/v1/asks/refuse', by, refuseCall, { ...what }, refuseAnswer),
    refuseInAdvance: async (by, refusal) =>
      await signed('/v1/refusals', by, standingRefusalCall, { refusal }, standingRefusalAnswer),
    listRefusals: async (by) => await signed('/v1/refusals/list', by, refusalsCall, {}, refusalsAnswer),
    liftRefusal: async (by, what) => await signed('/v1/refusals/lift', by, liftCall, { ...what }, liftAnswer),
    layProffers: async (by, laid) => await signed('/v1/proffers', by, proffersCall, laid, proffersAnswer),
    listProffers: async (by) => await signed('/v1/proffers/list', by, proffersListCall, {}, proffersListAnswer),
    withdraw: async (by, what) => await signed('/v1/proffers/withdraw', by, withdrawCall, { ...what }, withdrawAnswer),
    openProffer: async (by, proffer) => await signed('/v1/proffers/open', by, openCall, { proffer }, openAnswer),
    accept: async (acceptance) =>
      await postRecord(world, at('/v1/acceptances'), acceptanceCall, { acceptance }, grantAnswer),
    listAgreements: async (by) => await signed('/v1/agreements', by, agreementsCall, {}, agreementsAnswer),
    listEvents: async (by, agreement, page = {}) =>
      await signed('/v1/agreements/events', by, eventsCall, { agreement, ...page }, eventsAnswer),
    listNotices: async (by, page = {}) => await signed('/v1/notices', by, noticesCall, { ...page }, noticesAnswer),
    addPush: async (by, endpoint) => await signed('/v1/notices/push', by, pushCall, { endpoint }, pushAnswer),
    listPushes: async (by) => await signed('/v1/notices/push/list', by, pushesCall, {}, pushesAnswer),
    endPush: async (by, push) => await signed('/v1/notices/push/end', by, pushEndCall, { push }, pushEndAnswer),
    readTrail: async (by, page = {}) => await signed('/v1/trail', by, trailCall, { ...page }, trailAnswer),
    readEvidence: async (by, agreement, n) =>
      await signed('/v1/evidence', by, evidenceCall, { agreement, n }, evidenceAnswer),
  }

  async function signed<A>(
    path: string,
    by: Caller,
    call: z.ZodType,
    members: Readonly<Record<string, unknown>>,
    answer: z.ZodType<A>,
  ): Promise<A> {
    return (await callSigned(world, at(path), by, call, members, answer)).answer
  }
}
