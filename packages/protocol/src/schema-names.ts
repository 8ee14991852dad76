import type { z } from 'zod'
import { entrySchema, keptEntrySchema } from './entry.ts'
import { evidenceEntrySchema } from './evidence.ts'
import { handleSchema } from './handle.ts'
import { identifierSchema } from './identifier.ts'
import { momentPatternSchema, momentSchema } from './moment.ts'
import { nodeNameSchema, requesterNameSchema, zoneSchema } from './name.ts'
import { queryItemSchema, querySchema } from './request.ts'
import { resolutionSchema } from './resolution.ts'
import { sealedSchema } from './seal.ts'
import { recordIdSchema, signedSchema } from './signed.ts'
import { coverageSchema, strandNameSchema, strandSchema } from './strand.ts'
import { tagSchema } from './tag.ts'
import { timeSchema } from './time.ts'
import { answerBody, inclusionSchema, standingSchema } from './vault-api.ts'

/**
 * The nouns that stand in more than one call, by the name they have wherever calls are described, with what a schema alone
 * does not say: some rules are stricter than their JSON schema can be.
 */
export const schemaNames: Readonly<Record<string, { readonly schema: z.ZodType; readonly means: string }>> = {
  Zone: { schema: zoneSchema, means: '`root`, or the two letters of a country.' },
  Identifier: {
    schema: identifierSchema,
    means: "A passport's identifier in machine form: 28 characters, the last two of which check the others.",
  },
  Handle: { schema: handleSchema, means: 'What one requester knows a person by.' },
  NodeName: { schema: nodeNameSchema, means: 'The name of a vault node in its zone.' },
  RequesterName: { schema: requesterNameSchema, means: 'The name of a requester in its zone.' },
  Time: { schema: timeSchema, means: 'An instant in UTC to the second: `2026-11-23T12:00:00Z`.' },
  RecordId: { schema: recordIdSchema, means: 'SHA-256 in base64url: of a payload, or of what else the place says.' },
  Signed: {
    schema: signedSchema,
    means:
      'A signed record: JWS in JSON general serialization, its payload canonical JSON of the noun that `typ` names.',
  },
  Resolution: {
    schema: resolutionSchema,
    means: 'What a zone says of one name, the records that lead there, and the proof.',
  },
  Query: { schema: querySchema, means: 'What a requester asks under an agreement.' },
  QueryItem: { schema: queryItemSchema, means: 'One thing asked; what it leaves out is read as the agreement says.' },
  Strand: { schema: strandSchema, means: "A thread of a person's data." },
  StrandName: { schema: strandNameSchema, means: 'The name of a strand: two to five words with dots between.' },
  Coverage: { schema: coverageSchema, means: 'From when to when a strand has entries, and how many.' },
  Entry: { schema: entrySchema, means: 'One event or one record of a strand, as it is brought in; its tags sorted.' },
  KeptEntry: { schema: keptEntrySchema, means: 'An entry as a vault keeps it.' },
  Tag: { schema: tagSchema, means: 'A dotted tag, or an id of the IAB Audience Taxonomy.' },
  Moment: { schema: momentSchema, means: 'What drove an event, and where it happened.' },
  MomentPattern: { schema: momentPatternSchema, means: 'A moment in part: what it leaves out matches anything.' },
  EvidenceEntry: {
    schema: evidenceEntrySchema,
    means: 'One line of evidence, of an agreement or of a passport, with digests in place of what was said.',
  },
  Inclusion: { schema: inclusionSchema, means: "The place of a line in the node's evidence log, and its proof." },
  Standing: { schema: standingSchema, means: 'How an agreement stands at this moment.' },
  Sealed: { schema: sealedSchema, means: 'What one key alone opens: HPKE of RFC 9180, one message.' },
  Answer: {
    schema: answerBody,
    means:
      'An assertion, signed by the node: what was asked, as far as it was agreed; sealed when the agreement says so.',
  },
}
