import { openedEntrySchema } from '@dcann/protocol/vault-api'
import type { SignedPair } from '@dcann/protocol/pair'
import { errorCodes, ProtocolError } from '@dcann/protocol/errors'
import { requesterSchema } from '@dcann/protocol/requester'
import { signedSchema } from '@dcann/protocol/signed'
import { z } from 'zod'

/** What this page is told of where it is. */
const placeSchema = z.object({
  root: signedSchema,
  /** Where the root zone's registries answer. */
  registries: z.array(z.string()),
  requester: z.string(),
  token_file: z.string(),
})
export type ConsolePlace = z.infer<typeof placeSchema>

export async function readConsolePlace(): Promise<ConsolePlace> {
  const answer = await fetch('/place.json', { credentials: 'omit', cache: 'no-store' })
  return read(placeSchema, await answer.json())
}

const text = z.string()
const next = z.string().optional()

export const requesterAnswer = z.object({
  record: requesterSchema,
  public_url: text,
  wallet: z.string().nullable(),
  sealing: z.boolean(),
})
export type Speaking = z.infer<typeof requesterAnswer>

export const askAnswer = z.object({
  offer: text,
  link: text,
  expires: text,
  sealed: z.boolean(),
  qr: z.object({ svg: text }).optional(),
})
export type Asked = z.infer<typeof askAnswer>

const listedSchema = z.object({
  agreement: text,
  handle: text,
  node: text,
  terms: z.array(text),
  until: text,
  standing: text,
  why: z.string().optional(),
  offer: signedSchema.optional(),
  grant: signedSchema.optional(),
  proffer: signedSchema.optional(),
  acceptance: signedSchema.optional(),
})
export type Listed = z.infer<typeof listedSchema>
export const agreementAnswer = listedSchema

/** Both documents, to be proved. */
export function signedPairOf({ offer, proffer, acceptance, grant }: Listed): SignedPair {
  if (offer && grant) return { offer, grant }
  if (proffer && acceptance) return { proffer, acceptance, ...(grant ? { grant } : {}) }
  throw new ProtocolError('answer-invalid', 'reading an agreement: one of its documents is missing')
}

export const chainAnswer = z.object({
  standing: text,
  entries: z.array(openedEntrySchema),
  next: z.int().optional(),
})

const profferSchema = z.object({
  proffer: text,
  node: text,
  link: text,
  signed: signedSchema,
  opened: text,
  state: z.enum(['open', 'accepted', 'expired']),
  agreement: z.string().optional(),
})
export type ProfferedHere = z.infer<typeof profferSchema>
export const proffersAnswer = z.object({ proffers: z.array(profferSchema), next })
export const profferAnswer = z.object({ proffer: text })
export const acceptAnswer = z.object({ agreement: text })

const actSchema = z.object({
  act: text,
  kind: z.enum(['receipt', 'deletion-attestation']),
  agreement: text,
  at: text,
  n: z.int().nullable(),
  says: z.record(text, z.json()),
})
export type SaidAct = z.infer<typeof actSchema>
export const actsAnswer = z.object({ acts: z.array(actSchema), next })
export const actAnswer = z.object({ act: text, n: z.int().nullable() })
export const agreementsAnswer = z.object({ agreements: z.array(listedSchema), next })

export const retireAnswer = z.object({ agreement: text, standing: text })

const proposalSchema = z.object({
  proposal: text,
  offer: text,
  to: z.string().optional(),
  node: text,
  delivered: text,
  until: text,
  state: z.enum(['pending', 'granted', 'lapsed']),
  agreement: z.string().optional(),
})
export type Delivered = z.infer<typeof proposalSchema>
export const proposalsAnswer = z.object({ proposals: z.array(proposalSchema), next })
export const proposalAnswer = z.object({ proposal: text })

const itemSchema = z.object({
  strand: text,
  derived: z.record(text, z.object({ value: z.json(), of: z.int().optional() })).optional(),
  entries: z.array(z.object({ at: text, body: z.record(text, z.json()), assurance: text })).optional(),
})
export const queryAnswer = z.object({
  answer: z.array(itemSchema),
  assurance: text,
  sealed: z.boolean(),
  complete: z.boolean(),
  said: text,
  use_until: text,
  evidence: text,
})
export type Answered = z.infer<typeof queryAnswer>

const evidenceSchema = z.object({
  evidence: text,
  kind: z.enum(['answer', 'refusal']),
  agreement: text,
  node: text,
  n: z.int().nullable(),
  at: text,
  code: z.string().optional(),
  deleted: z.object({ at: text }).optional(),
  bytes: z.int(),
})
export type KeptEvidence = z.infer<typeof evidenceSchema>
export const evidenceAnswer = z.object({ evidence: z.array(evidenceSchema), next })

/** How this page asks its gateway. What comes is of the form that was expected, or is thrown. */
export type Call = {
  readonly get: <T>(path: string, schema: z.ZodType<T>) => Promise<T>
  readonly post: <T>(path: string, body: object, schema: z.ZodType<T>) => Promise<T>
  readonly bytes: (path: string) => Promise<Uint8Array>
}

/** Calls with the token of the person before the page, to this origin and to no other. */
export function callWith(token: string): Call {
  const ask = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = { authorization: `Bearer ${token}`, ...(init.body ? { 'content-type': 'application/json' } : {}) }
    const answer = await fetch(path, { ...init, headers, credentials: 'omit', cache: 'no-store' }).catch(() => {
      throw new ProtocolError('unreachable', 'asking the gateway: it does not answer')
    })
    if (!answer.ok) throw await problemIn(answer)
    return answer
  }
  return {
    get: async (path, schema) => read(schema, await (await ask(path)).json()),
    post: async (path, body, schema) =>
      read(schema, await (await ask(path, { method: 'POST', body: JSON.stringify(body) })).json()),
    bytes: async (path) => new Uint8Array(await (await ask(path)).arrayBuffer()),
  }
}

/** A token is one line of 32 characters at least; anything else is told before it is sent. */
export function isToken(typed: string): boolean {
  return /^[\w.~-]{32,256}$/.test(typed)
}

function read<T>(schema: z.ZodType<T>, value: unknown): T {
  const { data, success } = schema.safeParse(value)
  if (success) return data
  throw new ProtocolError('answer-invalid', 'reading what the gateway says: it is of another form than this page knows')
}

const problemSchema = z.object({ type: text, detail: text.optional() })

/** The gateway's refusal, with its own words. */
async function problemIn(answer: Response): Promise<ProtocolError> {
  const { data } = problemSchema.safeParse(await answer.json().catch(() => undefined))
  const said = data?.type.split(':').at(-1)
  const code = errorCodes.find((one) => one === said) ?? 'answer-invalid'
  return new ProtocolError(code, data?.detail ?? `asking the gateway: it answers with ${answer.status}`)
}
