import { actKinds, receiptBodySchema } from '@dcann/protocol/act'
import { assertionItemSchema } from '@dcann/protocol/assertion'
import { assuranceSchema } from '@dcann/protocol/entry'
import { errorCodes } from '@dcann/protocol/errors'
import { handleSchema } from '@dcann/protocol/handle'
import { limits } from '@dcann/protocol/limits'
import { momentSchema } from '@dcann/protocol/moment'
import { nodeNameSchema } from '@dcann/protocol/name'
import { daysSchema, termSchema } from '@dcann/protocol/offer'
import { acceptedMembers, grantedMembers } from '@dcann/protocol/pair'
import { queryItemSchema } from '@dcann/protocol/request'
import { requesterSchema } from '@dcann/protocol/requester'
import { recordIdSchema, signedSchema } from '@dcann/protocol/signed'
import { tagsSchema } from '@dcann/protocol/tag'
import { timeSchema } from '@dcann/protocol/time'
import { valueSchema } from '@dcann/protocol/value'
import { openedEntrySchema, standingSchema } from '@dcann/protocol/vault-api'
import { purposeSchema } from '@dcann/protocol/vocabulary'
import { z } from 'zod'
import { chainSchema } from '../notices/shelf.ts'
import { proposalStates } from '../proposals/shelf.ts'

/** What wallets bring back: the second document, and where the vault is. */
export const returnCall = z.strictObject({ grant: signedSchema, handle: handleSchema, node: nodeNameSchema })
export type ReturnCall = z.infer<typeof returnCall>
export const returnAnswer = z.strictObject({ agreement: recordIdSchema, taken: z.literal(true) })

/** What whoever says that something changed is told: that it was heard. */
export const noticeAnswer = z.strictObject({ noted: z.literal(true) })

/** `GET /v1/requester`: for whom this gateway speaks. */
export const requesterAnswer = z.strictObject({
  /** The record as the registry has it: what may be asked, and what for. */
  record: requesterSchema,
  /** The origin that wallets and vaults reach. */
  public_url: z.string(),
  /** The page that links lead to; `null` when the settings name none. */
  wallet: z.string().nullable(),
  /** Whether answers can be sealed to a key of the company's. */
  sealing: z.boolean(),
})

/** `POST /v1/asks`: signs an offer, and makes the link that hands it out. */
export const askCall = z.strictObject({
  terms: z.array(termSchema).min(1).max(limits.terms),
  value: valueSchema,
  /** How long an agreement on it lasts at most. */
  lasts: daysSchema,
  /** Until when it can be agreed to, from now on; `P7D` when left out. */
  expires_in: daysSchema.optional(),
  /** Wants every answer sealed to the company's key; those over special categories are whatever it says. */
  sealed: z.boolean().optional(),
  /** Wants the link as a QR code as well. */
  qr: z.boolean().optional(),
})
export type AskCall = z.infer<typeof askCall>
export const askAnswer = z.strictObject({
  offer: recordIdSchema,
  link: z.string(),
  expires: timeSchema,
  /** Whether answers will be sealed to the company's key, so that nobody on the way can read them. */
  sealed: z.boolean(),
  /** An image for a page, and lines of text for a terminal, dark on light: for a light one as they are, for a dark one inverted. */
  qr: z.strictObject({ svg: z.string(), text: z.string() }).optional(),
})

/** Where a page in the order of time goes on. */
const timeAndId = z.string().regex(/^[0-9]{16}\.[A-Za-z0-9_-]{43}$/)
const page = { limit: z.coerce.number().int().min(1).max(64).default(32) }

/** `GET /v1/agreements`: those that wallets brought back, in the order of their ids. */
export const agreementsQuery = z.strictObject({ ...page, after: recordIdSchema.optional() })
const listedMembers = {
  agreement: recordIdSchema,
  /** What the requester knows the person by. */
  handle: handleSchema,
  node: nodeNameSchema,
  /** Ids of the terms that were granted. */
  terms: z.array(z.string()),
  until: timeSchema,
  /** As the vault's chain says now; `unknown` when the vault could not be asked, and `why`. */
  standing: z.enum([...standingSchema.options, 'unknown']),
  why: z.enum(errorCodes).optional(),
  /** What the vault's chain said when it was last read, after a notice: every act, its standing then, and when that was. */
  chain: chainSchema.optional(),
}
/** `GET /v1/agreements/{id}`: one of them. */
export const agreementAnswer = z.union([
  z.strictObject({ ...listedMembers, ...grantedMembers }),
  z.strictObject({ ...listedMembers, ...acceptedMembers }),
])
export const agreementsAnswer = z.strictObject({
  agreements: z.array(agreementAnswer),
  next: recordIdSchema.optional(),
  /** Notices that came in: how many, and when last. They say nothing else; the standing above does. */
  notices: z.strictObject({ count: z.int(), last: timeSchema.nullable() }),
})

/** `GET /v1/agreements/{id}/chain`: every line of its chain after `after`, as its vault has it now. */
export const chainQuery = z.strictObject({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(256).default(256),
})
export const chainAnswer = z.strictObject({
  standing: standingSchema,
  /** Each with what opens its leaf, so that whoever reads them can prove that none is missing between them. */
  entries: z.array(openedEntrySchema),
  next: z.int().optional(),
})

/** `POST /v1/proffers`: what somebody proffers, by the link that they handed out. */
export const profferCall = z.strictObject({ proffer: z.string().max(1024) })
export const profferAnswer = z.strictObject({
  proffer: recordIdSchema,
  /** What the person is to be known by. */
  handle: handleSchema,
  node: nodeNameSchema,
  terms: z.array(termSchema),
  /** What they want for it. */
  value: valueSchema,
  lasts: daysSchema,
  expires: timeSchema,
  /** As its handle key signed it. */
  signed: signedSchema,
})

/** `GET /v1/proffers`: those that were opened here, newest first. */
export const proffersQuery = z.strictObject({ ...page, after: timeAndId.optional() })
export const proffersAnswer = z.strictObject({
  proffers: z.array(
    z.strictObject({
      ...profferAnswer.shape,
      /** The link that it was opened by, to accept it with. */
      link: z.string(),
      opened: timeSchema,
      /** `open` until it expires, as far as is known here: its holder may have withdrawn it, and nobody is told. */
      state: z.enum(['open', 'accepted', 'expired']),
      /** What it became, in GET /v1/agreements. */
      agreement: recordIdSchema.optional(),
    }),
  ),
  next: z.string().optional(),
})

/** `POST /v1/acceptances`: accepts it. */
export const acceptCall = z.strictObject({
  proffer: z.string().max(1024),
  /** Ids of optional terms that are taken as well. */
  take: z.array(z.string().max(40)).max(limits.terms).optional(),
  /** For how long; as long as proffered when left out. */
  lasts: daysSchema.optional(),
  /** Wants answers sealed where no term is of a special category. */
  sealed: z.boolean().optional(),
})
export type AcceptCall = z.infer<typeof acceptCall>
export const acceptAnswer = z.strictObject({
  agreement: recordIdSchema,
  handle: handleSchema,
  node: nodeNameSchema,
  /** Ids of the terms that were taken. */
  terms: z.array(z.string()),
  until: timeSchema,
})

/** `POST /v1/queries`: asks the vault under an agreement. */
export const queryCall = z.strictObject({
  agreement: recordIdSchema,
  purpose: purposeSchema,
  items: z.array(queryItemSchema).min(1).max(limits.queryItems),
})
export type QueryCall = z.infer<typeof queryCall>
export const queryAnswer = z.strictObject({
  /** What the vault says, an item for each of the question's. */
  answer: z.array(
    assertionItemSchema.extend({
      entries: z
        .array(
          z.strictObject({
            at: timeSchema,
            body: z.record(z.string(), z.unknown()),
            tags: tagsSchema,
            moment: momentSchema.optional(),
            assurance: assuranceSchema,
          }),
        )
        .optional(),
    }),
  ),
  /** The weakest of all items. */
  assurance: assuranceSchema,
  /** Whether it came sealed to the company's key. */
  sealed: z.boolean(),
  complete: z.boolean(),
  /** Its number in the agreement's chain. */
  n: z.int(),
  said: timeSchema,
  /** Until when the answer may be relied on as the vault's word of now. */
  valid_until: timeSchema,
  /** Until when what it says may be kept and used. */
  use_until: timeSchema,
  /** Of the evidence that was kept before this answer was given. */
  evidence: recordIdSchema,
})
export type QueryAnswer = z.infer<typeof queryAnswer>

/** `GET /v1/evidence`: what is kept, newest first. */
export const evidenceQuery = z.strictObject({
  ...page,
  after: timeAndId.optional(),
})
export const evidenceAnswer = z.strictObject({
  evidence: z.array(
    z.strictObject({
      evidence: recordIdSchema,
      /** An answer with all that proves it, or a refusal that the vault signed. */
      kind: z.enum(['answer', 'refusal']),
      agreement: recordIdSchema,
      node: nodeNameSchema,
      n: z.int().nullable(),
      at: timeSchema,
      /** Of a refusal. */
      code: z.enum(errorCodes).optional(),
      /** Whether an answer's place in the node's log is in it. */
      included: z.boolean(),
      /** Until when an answer may be kept and used. */
      use_until: timeSchema.optional(),
      /** When what it said was deleted here, and the act that says so to the holder. */
      deleted: z.strictObject({ at: timeSchema, act: recordIdSchema }).optional(),
      bytes: z.int(),
    }),
  ),
  next: z.string().optional(),
})

/** `POST /v1/proposals`: delivers an offer of the company's to a vault. */
export const proposalCall = z.union([
  z.strictObject({
    offer: recordIdSchema,
    /** A passport's identifier, or the address of a handle: `<handle>@<node>`. */
    to: z.string().min(1).max(120),
  }),
  z.strictObject({
    offer: recordIdSchema,
    /** An invite as its holder passed it on: the link, or the token with its node behind `@`. It is good for one offer. */
    invite: z.string().min(1).max(600),
  }),
])
export type ProposalCall = z.infer<typeof proposalCall>
export const proposalAnswer = z.strictObject({
  proposal: recordIdSchema,
  state: z.literal('pending'),
  /** Until when it can be granted; it is pending until then, whatever was decided. */
  until: timeSchema,
})

/** `GET /v1/proposals`: offers that were delivered, newest first. */
export const proposalsQuery = z.strictObject({ ...page, after: timeAndId.optional() })
export const proposalsAnswer = z.strictObject({
  proposals: z.array(
    z.strictObject({
      proposal: recordIdSchema,
      offer: recordIdSchema,
      /** Absent for one that went by an invite. */
      to: z.string().optional(),
      node: nodeNameSchema,
      delivered: timeSchema,
      until: timeSchema,
      state: z.enum(proposalStates),
      /** What it became, in GET /v1/agreements. */
      agreement: recordIdSchema.optional(),
    }),
  ),
  next: z.string().optional(),
})

/** `POST /v1/receipts`: says what was given for an agreement. */
export const actCall = receiptBodySchema.extend({ agreement: recordIdSchema })
export type ActCall = z.infer<typeof actCall>
export const actAnswer = z.strictObject({
  agreement: recordIdSchema,
  act: recordIdSchema,
  /** Its number in the agreement's chain; `null` while the vault does not answer, and sent by itself once it does. */
  n: z.int().nullable(),
})

/** `GET /v1/acts`: receipts and deletion attestations, newest first. */
export const actsQuery = z.strictObject({ ...page, after: timeAndId.optional() })
export const actsAnswer = z.strictObject({
  acts: z.array(
    z.strictObject({
      act: recordIdSchema,
      kind: z.enum(actKinds),
      agreement: recordIdSchema,
      at: timeSchema,
      n: z.int().nullable(),
      says: z.record(z.string(), z.json()),
    }),
  ),
  next: z.string().optional(),
})

/** `POST /v1/retire`: gives an agreement up. */
export const retireCall = z.strictObject({ agreement: recordIdSchema })
export const retireAnswer = z.strictObject({ agreement: recordIdSchema, standing: standingSchema, n: z.int() })
