import { z } from 'zod'
import { actKinds } from './act.ts'
import { entrySchema, keptEntrySchema } from './entry.ts'
import { evidenceEntrySchema, saltSchema } from './evidence.ts'
import { handleSchema } from './handle.ts'
import { identifierSchema } from './identifier.ts'
import { inviteSchema, inviteStates, inviteTermsSchema } from './invite.ts'
import { limits, times } from './limits.ts'
import { nodeNameSchema, requesterNameSchema } from './name.ts'
import { endpointSchema, soonSchema } from './notice.ts'
import { acceptedMembers, grantedMembers, signedPairSchema } from './pair.ts'
import { callMembers, querySchema } from './request.ts'
import { sealedSchema } from './seal.ts'
import { recordIdSchema, signedSchema } from './signed.ts'
import { coverageSchema, strandNameSchema, strandSchema } from './strand.ts'
import { standingRefusalSchema } from './standing-refusal.ts'
import { purposeSchema } from './vocabulary.ts'
import { stopSchema } from './stop.ts'
import { timeSchema } from './time.ts'

/** Every call to a vault node and its answer; each is a POST with a JSON body. spec: vault-api */
const byHolder = { ...callMembers, from: identifierSchema }
const byRequester = { ...callMembers, from: requesterNameSchema }
const byParty = { ...callMembers, from: z.union([requesterNameSchema, identifierSchema]) }
const page = { after: z.string().max(200).optional(), limit: z.int().min(1).max(256).optional() }

/** `POST /v1/passports`: a genesis the holder signed; the node adds its own signature, has it admitted, and hosts it. */
export const hostCall = z.strictObject({ genesis: signedSchema })
export const hostAnswer = z.strictObject({ record: signedSchema, id: recordIdSchema })

/** `POST /v1/passports/follow`: a later record of a passport hosted here; the node looks at its zone at once. */
export const followCall = z.strictObject({ record: signedSchema })
export const followAnswer = z.strictObject({
  /** The record that the node goes by afterwards. */
  record: recordIdSchema,
  seq: z.int().min(1),
})

/** `POST /v1/strands`: makes a strand if it is not there. */
export const strandCall = z.strictObject({ ...byHolder, strand: strandSchema })
export const strandAnswer = z.strictObject({ strand: strandSchema, made: z.boolean() })

/** `POST /v1/strands/list` */
export const strandsCall = z.strictObject({ ...byHolder })
export const strandsAnswer = z.strictObject({
  strands: z.array(z.strictObject({ strand: strandSchema, coverage: coverageSchema })),
})

/** `POST /v1/entries`: brings entries in; those already there are counted as known. */
export const entriesCall = z.strictObject({
  ...byHolder,
  strand: strandNameSchema,
  entries: z.array(entrySchema).min(1).max(limits.entriesPerWrite),
})
export const entriesAnswer = z.strictObject({ added: z.int(), known: z.int(), coverage: coverageSchema })

/** `POST /v1/entries/list`: the holder reads their own data, newest first. */
export const entriesListCall = z.strictObject({ ...byHolder, strand: strandNameSchema, ...page })
export const entriesListAnswer = z.strictObject({ entries: z.array(keptEntrySchema), next: z.string().optional() })

/**
 * `POST /v1/grants`: the holder's half of an agreement, with the offer it answers and the binding behind its handle; or, to
 * grant anew what was agreed on a proffer, with that and its acceptance. Signs for itself.
 */
export const grantCall = z.union([
  z.strictObject({
    ...grantedMembers,
    binding: signedSchema,
    /** The delivered ask it answers, if it was delivered. */
    ask: recordIdSchema.optional(),
    /** Settles a day first: until then it can be undone, and nobody knows of it. */
    settle: z.literal(true).optional(),
  }),
  z.strictObject({
    ...acceptedMembers,
    grant: signedSchema,
    binding: signedSchema,
    settle: z.literal(true).optional(),
  }),
])
export const grantAnswer = z.strictObject({
  agreement: recordIdSchema,
  handle: handleSchema,
  node: nodeNameSchema,
  /** The line in its chain; 0 while it settles. */
  n: z.int(),
  until: timeSchema,
  /** When it comes into force, if it has to settle. */
  settles: timeSchema.optional(),
})

/** `POST /v1/grants/undo`: takes back a grant that has not settled. */
export const undoCall = z.strictObject({ ...byHolder, agreement: recordIdSchema })
export const undoAnswer = z.strictObject({ undone: z.literal(true) })

/** `POST /v1/acts`: an act on an agreement. Signs for itself; answered when it is durable and, for a revoke, in effect. */
export const actCall = z.strictObject({ act: signedSchema })
export const standingSchema = z.enum(['active', 'paused', 'revoked', 'retired', 'superseded', 'expired', 'suspended'])
export const actAnswer = z.strictObject({
  agreement: recordIdSchema,
  kind: z.enum(actKinds),
  n: z.int(),
  standing: standingSchema,
  /** Milliseconds from arrival until no answer under the agreement could leave any more. */
  effective_after: z.int().min(0),
  /** Answers whose sockets were destroyed on the way. */
  cut: z.int().min(0),
})

/**
 * `POST /v1/stop`: pauses or revokes everything, all with one requester, or one agreement. Signs for itself. The answer is
 * the same whether anything was there to be stopped.
 */
export const stopCall = z.strictObject({ stop: signedSchema })
export const stopAnswer = z.strictObject({
  kind: stopSchema.shape.kind,
  /** Milliseconds from arrival until no answer could leave any more, in whole slots of the uniform answer. */
  effective_after: z.int().min(0),
})

/** `POST /v1/capabilities`: the right of another key, signed by a control key. Signs for itself. */
export const capabilityCall = z.strictObject({ capability: signedSchema })
export const capabilityAnswer = z.strictObject({ capability: recordIdSchema, until: timeSchema })

/** `POST /v1/capabilities/end`: ends a key's right for good. Signs for itself. */
export const capabilityEndCall = z.strictObject({ end: signedSchema })
export const capabilityEndAnswer = z.strictObject({ ended: z.literal(true) })

/** `POST /v1/capabilities/list`: the capabilities of a passport that have not expired, ended ones among them. */
export const capabilitiesCall = z.strictObject({ ...byHolder })
export const capabilitiesAnswer = z.strictObject({
  capabilities: z.array(z.strictObject({ capability: signedSchema, ended: z.boolean() })).max(limits.capabilities),
})

/** `POST /v1/proposals`: a requester delivers an offer, to an address or by an invite. Answered 202 whatever becomes of it. */
export const proposalCall = z.union([
  z.strictObject({ ...byRequester, to: z.union([handleSchema, identifierSchema]), offer: signedSchema }),
  z.strictObject({ ...byRequester, invite: inviteSchema, offer: signedSchema }),
])
export const proposalAnswer = z.strictObject({
  proposal: recordIdSchema,
  state: z.literal('pending'),
  until: timeSchema,
})

/** `POST /v1/proposals/poll`: `pending` until the offer expires, then `lapsed`, unless it was granted. */
export const pollCall = z.strictObject({ ...byRequester, proposal: recordIdSchema })
export const pollAnswer = z.strictObject({
  proposal: recordIdSchema,
  state: z.enum(['pending', 'lapsed', 'granted']),
  agreement: recordIdSchema.optional(),
  grant: signedSchema.optional(),
})

/** `POST /v1/invites`: the digest of a token that the holder gives out; the vault never has the token until it is spent. */
export const inviteCall = z.strictObject({ ...byHolder, invite: recordIdSchema, ...inviteTermsSchema.shape })
export const inviteAnswer = z.strictObject({ invite: recordIdSchema, expires: timeSchema })

/** `POST /v1/invites/list`: those that have not expired, and what became of each. */
export const invitesCall = z.strictObject({ ...byHolder })
export const invitesAnswer = z.strictObject({
  invites: z
    .array(
      z.strictObject({
        invite: recordIdSchema,
        ...inviteTermsSchema.shape,
        made: timeSchema,
        state: z.enum(inviteStates),
        /** Who spent it, and on what. */
        by: requesterNameSchema.optional(),
        ask: recordIdSchema.optional(),
      }),
    )
    .max(limits.invites),
})

/** `POST /v1/invites/withdraw`: whoever has the token reaches nobody by it any more, unless it was spent before. */
export const inviteWithdrawCall = z.strictObject({ ...byHolder, invite: recordIdSchema })
export const inviteWithdrawAnswer = z.strictObject({ invite: recordIdSchema, state: z.enum(inviteStates) })

/** `POST /v1/asks`: what was delivered to the holder and waits for a decision. */
export const asksCall = z.strictObject({ ...byHolder })
export const asksAnswer = z.strictObject({
  asks: z.array(
    z.strictObject({
      ask: recordIdSchema,
      requester: requesterNameSchema,
      offer: signedSchema,
      received: timeSchema,
      /** The invite that it came by. */
      invite: recordIdSchema.optional(),
    }),
  ),
})

/** `POST /v1/asks/refuse`: a delivered ask, or an offer opened by link; remembered, and silence to the requester. */
export const refuseCall = z.strictObject({
  ...byHolder,
  ask: recordIdSchema.optional(),
  offer: signedSchema.optional(),
})
export const refuseAnswer = z.strictObject({ refused: z.literal(true), re_ask_not_before: timeSchema })

/** `POST /v1/refusals`: refuses a whole purpose in advance, and every narrower one; it only grows. */
export const standingRefusalCall = z.strictObject({ ...byHolder, refusal: standingRefusalSchema })
export const standingRefusalAnswer = z.strictObject({
  refusal: standingRefusalSchema,
  /** How many asks that waited fell under it. */
  dropped: z.int(),
})

/** `POST /v1/refusals/list`: what the holder refuses in advance, and what is remembered of refused asks. */
export const refusalsCall = z.strictObject({ ...byHolder })
export const refusalsAnswer = z.strictObject({
  standing: z.array(standingRefusalSchema),
  remembered: z.array(z.strictObject({ requester: requesterNameSchema, purpose: purposeSchema, until: timeSchema })),
})

/** `POST /v1/refusals/lift`: a purpose refused in advance, or all that is remembered of one requester. */
export const liftCall = z.strictObject({
  ...byHolder,
  purpose: purposeSchema.optional(),
  requester: requesterNameSchema.optional(),
})
export const liftAnswer = z.strictObject({ lifted: z.int() })

/** `POST /v1/proffers`: lays proffers under one cap, each with the binding behind its handle; all of them or none. */
export const proffersCall = z.strictObject({
  ...byHolder,
  proffers: z
    .array(z.strictObject({ proffer: signedSchema, binding: signedSchema }))
    .min(1)
    .max(limits.proffers),
  /** How many of them may become agreements. */
  cap: z.int().min(1).max(limits.proffers),
})
export const proffersAnswer = z.strictObject({ roster: recordIdSchema, proffers: z.array(recordIdSchema) })

/** `POST /v1/proffers/list`: the holder's rosters, oldest first. */
export const proffersListCall = z.strictObject({ ...byHolder })
export const profferState = z.enum(['open', 'opened', 'accepted', 'withdrawn', 'expired', 'closed'])
export const proffersListAnswer = z.strictObject({
  rosters: z.array(
    z.strictObject({
      roster: recordIdSchema,
      cap: z.int(),
      accepted: z.int(),
      proffers: z.array(
        z.strictObject({
          id: recordIdSchema,
          proffer: signedSchema,
          /** `closed` when the cap was reached by others. */
          state: profferState,
          /** Whom it is for, or who opened it. */
          requester: requesterNameSchema.nullable(),
          agreement: recordIdSchema.nullable(),
        }),
      ),
    }),
  ),
})

/** `POST /v1/proffers/withdraw`: one proffer or a roster; what was accepted stays. */
export const withdrawCall = z.strictObject({
  ...byHolder,
  proffer: recordIdSchema.optional(),
  roster: recordIdSchema.optional(),
})
export const withdrawAnswer = z.strictObject({ withdrawn: z.int() })

/** `POST /v1/proffers/open`: a requester looks at what is proffered to it. */
export const openCall = z.strictObject({ ...byRequester, proffer: recordIdSchema })
export const openAnswer = z.strictObject({ proffer: signedSchema })

/** `POST /v1/acceptances`: the requester's half of an agreement on a proffer. Signs for itself. */
export const acceptanceCall = z.strictObject({ acceptance: signedSchema })

const listed = {
  agreement: recordIdSchema,
  requester: requesterNameSchema,
  handle: handleSchema,
  standing: standingSchema,
  suspension: z.string().optional(),
  until: timeSchema,
  answers: z.int(),
  refusals: z.int(),
}

/** `POST /v1/agreements`: the holder's agreements, with their documents under their own names. */
export const agreementsCall = z.strictObject({ ...byHolder })
export const agreementsAnswer = z.strictObject({
  agreements: z.array(
    z.union([z.strictObject({ ...listed, ...grantedMembers }), z.strictObject({ ...listed, ...acceptedMembers })]),
  ),
  /** Grants that have not settled yet. */
  settling: z.array(
    z.strictObject({ agreement: recordIdSchema, requester: requesterNameSchema, at: timeSchema, settles: timeSchema }),
  ),
})

/** An evidence entry with its salt, so that its leaf can be made again. */
export const openedEntrySchema = z.strictObject({ entry: evidenceEntrySchema, salt: saltSchema })

/** `POST /v1/agreements/events`: the chain of one agreement, for its two parties. */
export const eventsCall = z.strictObject({
  ...byParty,
  agreement: recordIdSchema,
  after: z.int().min(0).optional(),
  limit: z.int().min(1).max(256).optional(),
})
export const eventsAnswer = z.strictObject({
  agreement: recordIdSchema,
  entries: z.array(openedEntrySchema),
  standing: standingSchema,
  /** The documents of the agreement that took its place. */
  successor: signedPairSchema.optional(),
})

/**
 * `POST /v1/notices`: what the holder is to be told soon, after a cursor; waits for the next when there is none. Each is a line
 * of the trail, which says the rest.
 */
export const noticesCall = z.strictObject({
  ...byHolder,
  after: page.after,
  /** Seconds. */
  wait: z.int().min(0).max(times.noticeWait).optional(),
})
export const noticesAnswer = z.strictObject({
  notices: z.array(
    z.strictObject({
      what: soonSchema,
      agreement: recordIdSchema.nullable(),
      /** The line of its chain; null for what is about no passport. */
      n: z.int().min(1).nullable(),
      at: timeSchema,
      requester: requesterNameSchema.optional(),
    }),
  ),
  /** Where to go on; absent while nothing has ever happened. */
  next: z.string().max(200).optional(),
})

/** `POST /v1/notices/push`: an address of a push service, or of any server, that an empty push is sent to when there is something to be told. */
export const pushCall = z.strictObject({ ...byHolder, endpoint: endpointSchema })
export const pushAnswer = z.strictObject({ push: recordIdSchema })

/** `POST /v1/notices/push/list`: where the holder is woken. */
export const pushesCall = z.strictObject({ ...byHolder })
export const pushesAnswer = z.strictObject({
  pushes: z.array(
    z.strictObject({
      push: recordIdSchema,
      endpoint: endpointSchema,
      /** Thumbprint of the key that asked for it. */
      kid: z.string(),
      added: timeSchema,
    }),
  ),
})

/** `POST /v1/notices/push/end`. */
export const pushEndCall = z.strictObject({ ...byHolder, push: recordIdSchema })
export const pushEndAnswer = z.strictObject({ push: recordIdSchema })

/** `POST /v1/trail`: everything that happened to the holder's passport, oldest first; with `prove`, each line's place in the node's log. */
export const trailCall = z.strictObject({ ...byHolder, ...page, prove: z.literal(true).optional() })
export const trailAnswer = z.strictObject({
  lines: z.array(
    z.strictObject({
      ...openedEntrySchema.shape,
      /** Who it was with; absent for what the holder did alone. */
      requester: requesterNameSchema.optional(),
      /** Strands it was about, and what of a request was beyond the agreement, in plain words of the protocol. */
      about: z.array(z.string().max(120)).max(32),
      /** Under `log`; absent until the next head is signed, about a second after the entry. */
      inclusion: z.strictObject({ index: z.int().min(0), proof: z.array(recordIdSchema).max(64) }).optional(),
    }),
  ),
  /** The head that every proof of this page is under. */
  log: z.strictObject({ size: z.int().min(1), checkpoint: z.string().max(4096) }).optional(),
  next: z.string().optional(),
})

/** `POST /v1/evidence`: proof that one entry of a chain is in the node's evidence log. For the entry's parties. */
export const evidenceCall = z.strictObject({
  ...byParty,
  agreement: recordIdSchema.nullable(),
  n: z.int().min(1),
})
export const inclusionSchema = z.strictObject({
  index: z.int().min(0),
  size: z.int().min(1),
  /** Hashes in base64url, from the leaf upwards. */
  proof: z.array(recordIdSchema).max(64),
  /** C2SP signed note of the node's evidence log, with the lines of witnesses under a head that they have cosigned. */
  checkpoint: z.string().max(32 * 1024),
})
export const evidenceAnswer = z.strictObject({
  ...openedEntrySchema.shape,
  /** Absent until the next head is signed, about a second after the entry. */
  inclusion: inclusionSchema.optional(),
})

/** `POST /v1/requests`: a query, answered with an assertion, or with one that is sealed to the key of its agreement. */
export const answerBody = z.union([
  z.strictObject({ assertion: signedSchema }),
  z.strictObject({ sealed: sealedSchema }),
])
export type AnswerBody = z.infer<typeof answerBody>

/** `POST /v1/requests/batch`: each request decided and evidenced by itself. */
export const batchCall = z.strictObject({ ...byRequester, requests: z.array(querySchema).min(1).max(16) })
export const batchAnswer = z.strictObject({
  answers: z.array(
    z.union([answerBody, z.strictObject({ problem: z.strictObject({ code: z.string(), status: z.int() }) })]),
  ),
})

/** `GET /v1/node`: who this node says it is; the registry decides whether to believe it. */
export const nodeAnswer = z.strictObject({
  node: nodeNameSchema,
  url: z.string(),
  record: signedSchema.optional(),
  evidence_log: z.strictObject({ origin: z.string(), key: z.string() }),
  /** P-256 point under which this node pushes, as browsers take it to subscribe. */
  push_key: z.string().regex(/^[A-Za-z0-9_-]{87}$/),
})
