import type { Api, Operation } from '@dcann/http/operation'
import type { ErrorCode } from '@dcann/protocol/errors'
import { schemaNames } from '@dcann/protocol/schema-names'
import { recordIdSchema, signedSchema } from '@dcann/protocol/signed'
import {
  acceptAnswer,
  acceptCall,
  actAnswer,
  actCall,
  actsAnswer,
  actsQuery,
  agreementAnswer,
  agreementsAnswer,
  agreementsQuery,
  askAnswer,
  askCall,
  chainAnswer,
  chainQuery,
  evidenceAnswer,
  evidenceQuery,
  noticeAnswer,
  profferAnswer,
  profferCall,
  proffersAnswer,
  proffersQuery,
  proposalAnswer,
  proposalCall,
  proposalsAnswer,
  proposalsQuery,
  queryAnswer,
  queryCall,
  requesterAnswer,
  retireAnswer,
  retireCall,
  returnAnswer,
  returnCall,
} from './console/calls.ts'

const reading = { method: 'GET', authenticated: false } as const
const doing = { method: 'POST', authenticated: false } as const

/** Of the company's own name and record, on which every call rests. */
const ofItself: readonly ErrorCode[] = ['not-entitled', 'not-active', 'stale']
/** Of a vault that is asked. */
const ofVaults: readonly ErrorCode[] = [...ofItself, 'not-found', 'moved', 'superseded', 'rate-limited']

const onConsole: readonly Operation[] = [
  {
    ...reading,
    path: '/v1/requester',
    name: 'showRequester',
    summary: 'For whom this gateway speaks, and what its record lets it ask',
    answers: [{ status: 200, schema: requesterAnswer }],
    problems: ofItself,
  },
  {
    ...doing,
    path: '/v1/asks',
    name: 'makeAsk',
    summary: 'Sign an offer, and get the link that hands it to a person',
    body: askCall,
    answers: [{ status: 201, schema: askAnswer }],
    problems: [...ofItself, 'over-asking', 'rule-broken', 'expired', 'key-inadmissible'],
  },
  {
    ...reading,
    path: '/v1/agreements',
    name: 'listAgreements',
    summary: 'The agreements that wallets brought back, and how each stands at its vault',
    query: agreementsQuery,
    answers: [{ status: 200, schema: agreementsAnswer }],
    problems: ['schema-mismatch', 'not-found'],
  },
  {
    ...reading,
    path: '/v1/agreements/:id',
    name: 'getAgreement',
    summary: 'One agreement: both documents, and how it stands at its vault',
    params: { id: recordIdSchema },
    answers: [{ status: 200, schema: agreementAnswer }],
    problems: ['not-found'],
  },
  {
    ...reading,
    path: '/v1/agreements/:id/chain',
    name: 'getChain',
    summary: 'Every act, answer and refusal under it, line by line, as its vault has them now',
    params: { id: recordIdSchema },
    query: chainQuery,
    answers: [{ status: 200, schema: chainAnswer }],
    problems: ['schema-mismatch', ...ofVaults],
  },
  {
    ...doing,
    path: '/v1/proffers',
    name: 'showProffer',
    summary: 'What somebody proffers to the company, by the link that they handed out',
    body: profferCall,
    answers: [{ status: 200, schema: profferAnswer }],
    problems: [...ofVaults, 'expired'],
  },
  {
    ...reading,
    path: '/v1/proffers',
    name: 'listProffers',
    summary: 'The proffers that were opened here, newest first, and what became of them',
    query: proffersQuery,
    answers: [{ status: 200, schema: proffersAnswer }],
    problems: ['schema-mismatch'],
  },
  {
    ...doing,
    path: '/v1/acceptances',
    name: 'acceptProffer',
    summary: 'Accept it: what is required, and the optional terms that are named; the agreement is in force then',
    body: acceptCall,
    answers: [{ status: 201, schema: acceptAnswer }],
    problems: [...ofVaults, 'over-asking', 'rule-broken', 'expired', 'time-invalid'],
  },
  {
    ...doing,
    path: '/v1/queries',
    name: 'query',
    summary: 'Ask the vault under an agreement',
    description:
      'Evidence is kept before it is answered. A refusal with the member `by` is the word of that vault node; `evidence` ' +
      'names it as it was signed. One without was refused here, and never left.',
    body: queryCall,
    answers: [{ status: 200, schema: queryAnswer }],
    problems: [
      ...ofVaults,
      'over-asking',
      'purpose-mismatch',
      'rule-broken',
      'expired',
      'bound-crossed',
      'frequency-exceeded',
    ],
  },
  {
    ...reading,
    path: '/v1/evidence',
    name: 'listEvidence',
    summary: 'The evidence that is kept, newest first',
    query: evidenceQuery,
    answers: [{ status: 200, schema: evidenceAnswer }],
    problems: ['schema-mismatch'],
  },
  {
    ...reading,
    path: '/v1/evidence/:id',
    name: 'getEvidence',
    summary: 'One evidence package, or one signed refusal with its request, as the bytes that `dcann verify` proves',
    params: { id: recordIdSchema },
    answers: [{ status: 200, mediaType: 'application/json' }],
    problems: ['not-found'],
  },
  {
    ...doing,
    path: '/v1/proposals',
    name: 'deliverProposal',
    summary:
      'Deliver an offer to a vault; pending until it expires, whatever is decided, and an agreement once granted',
    body: proposalCall,
    answers: [{ status: 202, schema: proposalAnswer }],
    problems: [...ofVaults, 'identifier-invalid', 'over-asking', 'rule-broken', 'expired'],
  },
  {
    ...reading,
    path: '/v1/proposals',
    name: 'listProposals',
    summary: 'Offers that were delivered, newest first',
    query: proposalsQuery,
    answers: [{ status: 200, schema: proposalsAnswer }],
    problems: ['schema-mismatch'],
  },
  {
    ...doing,
    path: '/v1/receipts',
    name: 'giveReceipt',
    summary: 'Say what was given for an agreement, to its holder; the same reference again is the same receipt',
    body: actCall,
    answers: [{ status: 201, schema: actAnswer }],
    problems: [...ofItself, 'not-found', 'id-reused'],
  },
  {
    ...reading,
    path: '/v1/acts',
    name: 'listActs',
    summary: 'Receipts given and deletions attested, newest first',
    query: actsQuery,
    answers: [{ status: 200, schema: actsAnswer }],
    problems: ['schema-mismatch'],
  },
  {
    ...doing,
    path: '/v1/retire',
    name: 'retire',
    summary: 'Give an agreement up: nothing can be asked under it any more',
    body: retireCall,
    answers: [{ status: 200, schema: retireAnswer }],
    problems: ofVaults,
  },
]

/** What the company asks its gateway. */
export const consoleApi: Api = {
  title: 'DCANN gateway, console',
  description:
    'For the company that runs the gateway: plain JSON on loopback. The gateway holds the keys, signs, asks vaults, proves ' +
    'what they say, and keeps the evidence.',
  plain: true,
  operations: onConsole,
  schemas: schemaNames,
}

/** Of a document that signs for itself. */
const documents: readonly ErrorCode[] = ['record-signature-invalid', 'key-unknown', 'key-inadmissible', 'time-invalid']

const toTheWorld: readonly Operation[] = [
  {
    ...reading,
    path: '/offers/:id',
    name: 'getOffer',
    summary: 'An offer by its record id, which its link alone tells',
    params: { id: recordIdSchema },
    answers: [{ status: 200, schema: signedSchema }],
    problems: ['not-found'],
  },
  {
    ...doing,
    path: '/return',
    name: 'bringGrant',
    summary: 'A wallet brings the grant that its holder gave; believed once the vault says the same',
    body: returnCall,
    answers: [{ status: 201, schema: returnAnswer }],
    problems: [
      'not-found',
      'not-entitled',
      'not-active',
      'rule-broken',
      ...documents,
      'id-reused',
      'rate-limited',
      'stale',
    ],
  },
  {
    ...doing,
    path: '/inbox',
    name: 'notify',
    summary: 'The node of an agreement says that there is something to read in its chain',
    body: signedSchema,
    answers: [{ status: 202, schema: noticeAnswer }],
    problems: [...documents, 'not-found', 'not-entitled', 'expired', 'rate-limited', 'stale'],
  },
]

/** What wallets and vaults ask a company's gateway. spec: first-contact */
export const publicApi: Api = {
  title: 'DCANN gateway',
  description:
    'The side of a company that wallets and vaults reach. Nothing that comes here is believed without proof.',
  operations: toTheWorld,
  schemas: schemaNames,
}
