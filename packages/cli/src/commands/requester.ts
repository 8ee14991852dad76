import { z } from 'zod'
import { parseBounded } from '@dcann/protocol/canonical'
import { quote } from '@dcann/protocol/errors'
import { type RegisteredUse, registeredUseSchema } from '@dcann/protocol/requester'
import { parseSchema } from '@dcann/protocol/signed'
import { formatTime } from '@dcann/protocol/time'
import { defineCommand } from '../command.ts'
import { makeDraft, requireName } from '../draft.ts'
import { announcedMember, contactsMember, leiMember, type Members, merged, usual } from '../draft-members.ts'
import { UsageError } from '../failure.ts'
import { readNamed } from '../folder.ts'
import { readPublicKeys } from '../key-file.ts'
import { oneWord, timeOf } from '../option-values.ts'
import { type Given, ofAnnounced, ofContacts, ofDraft } from '../options.ts'
import { listOf } from '../plain-words.ts'
import { openOutside } from '../settings.ts'
import { standingOf } from '../standing.ts'

const kinds = ['company', 'authority', 'research', 'person'] as const
const statuses = ['active', 'lapsed', 'merged', 'retired', 'suspended', 'ended'] as const
const exceptions = ['natural-persons', 'non-consolidating', 'no-known-person', 'public-body'] as const

const options = {
  'legal-name': { value: '<name>', says: 'as its register has it' },
  lei: { value: '<LEI>', says: 'its Legal Entity Identifier; none without one' },
  kind: { value: '<kind>', says: `${listOf(kinds, 'or')}; a company to begin with` },
  key: { value: '<key>', many: true, says: 'a public key, or the key file it belongs to; any one of all given acts' },
  ...ofAnnounced,
  uses: { value: '<file>', says: 'what it may ask for and what for: a JSON list of registered uses' },
  url: { value: '<url>', says: "its gateway's address: offers and inbox are below it" },
  offers: { value: '<url>', says: 'where offers are, when not below --url' },
  inbox: { value: '<url>', says: 'where notices go, when not below --url' },
  parent: { value: '<LEI>', says: 'who controls it in the end; another one bumps the epoch' },
  exception: { value: '<reason>', says: `why there is no parent to name: ${listOf(exceptions, 'or')}` },
  evidence: { value: '<digest>', says: 'SHA-256 of the document that shows who controls it, in base64url; or none' },
  'as-of': { value: '<time>', says: 'when that was looked up; now when anything of it is given' },
  ...ofContacts,
  authority: { value: '<name>', says: 'the data-protection authority that supervises it' },
  status: { value: '<status>', says: `${listOf(statuses, 'or')}; active to begin with` },
  ...ofDraft,
} as const

export const draft = defineCommand({
  says: "Drafts a requester's record, or a change of it: what is not given stays. The country's registrar signs, with a key of the requester; either alone may suspend or end it, or take uses or keys away.",
  takes: ['<CC/requester/id>'],
  options,
  example:
    'dcann requester draft LV/requester/bank --legal-name "Banka" --key bank.key --uses uses.json --url https://ask.example --exception natural-persons --authority "DVI" --out bank.json',
  run: async ({ words: [name = ''], given, folder, screen }) => {
    requireName(name, 'requester')
    const kind = oneWord(given.kind, '--kind', kinds)
    const status = oneWord(given.status, '--status', statuses)
    const uses = given.uses === undefined ? undefined : await readUses(given.uses)
    const keys = given.key && (await readPublicKeys(given.key))
    const standing = await standingOf(await openOutside(folder), 'requester', name)
    const below = given.url?.replace(/\/$/, '')
    return await makeDraft({
      kind: 'requester',
      name,
      given,
      screen,
      standing,
      needs: {
        legal_name: '--legal-name',
        keys: '--key',
        uses: '--uses',
        offers: '--url or --offers',
        inbox: '--url or --inbox',
        control: '--parent or --exception',
        authority: '--authority',
      },
      members: async (base) => ({
        legal_name: given['legal-name'],
        lei: leiMember(given.lei, base),
        kind: usual(kind, base, 'kind', 'company'),
        keys,
        next: await announcedMember(given, base),
        uses,
        offers: given.offers ?? (below && `${below}/offers`),
        inbox: given.inbox ?? (below && `${below}/inbox`),
        control: controlMember(given, base['control'], formatTime(standing.now)),
        contacts: contactsMember(given, base),
        authority: given.authority,
        status: usual(status, base, 'status', 'active'),
      }),
    })
  },
})

/** Reads registered uses; the error names the use, by its place, and the member that is wrong. */
async function readUses(file: string): Promise<RegisteredUse[]> {
  const text = await readNamed(file, 'the uses')
  return parseSchema(z.array(registeredUseSchema).max(32), parseBounded(text), `reading the uses ${quote(file, 200)}`)
}

/** Who controls it: somebody else than before bumps the epoch. */
function controlMember(given: Given<typeof options>, before: unknown, now: string): Members | undefined {
  const { parent, evidence, 'as-of': asOf } = given
  const exception = oneWord(given.exception, '--exception', exceptions)
  if (parent !== undefined && exception !== undefined) throw new UsageError('expected either --parent or --exception')
  if (parent === undefined && exception === undefined && evidence === undefined && asOf === undefined) return undefined
  const was = merged(before, {})
  const who =
    parent === undefined && exception === undefined ? {} : { parent: parent ?? null, exception: exception ?? null }
  const found = merged(was, {
    ...who,
    evidence: evidence === 'none' ? null : (evidence ?? was['evidence'] ?? null),
    as_of: asOf === undefined ? now : timeOf(asOf, '--as-of'),
  })
  const epoch = typeof was['epoch'] === 'number' ? was['epoch'] : 0
  const same = epoch > 0 && found['parent'] === was['parent'] && found['exception'] === was['exception']
  return { ...found, epoch: same ? epoch : epoch + 1 }
}
