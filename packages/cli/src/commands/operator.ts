import { defineCommand } from '../command.ts'
import { makeDraft, requireName } from '../draft.ts'
import { contactsMember, keySetMembers, leiMember, merged, usual, yearFrom } from '../draft-members.ts'
import { oneWord, timeOf } from '../option-values.ts'
import { ofContacts, ofDraft, ofKeySet } from '../options.ts'
import { listOf } from '../plain-words.ts'
import { openOutside } from '../settings.ts'
import { standingOf } from '../standing.ts'

const statuses = ['active', 'suspended', 'ended'] as const

export const draft = defineCommand({
  says: "Drafts an operator's accreditation, or a change of it: what is not given stays. The country signs, and from the second record on the operator too; either alone may suspend, shorten or end it.",
  takes: ['<CC/operator/id>'],
  options: {
    'legal-name': { value: '<name>', says: 'as its register has it' },
    lei: { value: '<LEI>', says: 'its Legal Entity Identifier; none without one' },
    ...ofContacts,
    ...ofKeySet,
    status: { value: '<status>', says: `${listOf(statuses, 'or')}; active to begin with` },
    'valid-from': { value: '<time>', says: 'from when it is accredited; now to begin with' },
    'valid-until': { value: '<time>', says: 'until when; a year to begin with' },
    ...ofDraft,
  },
  example:
    'dcann operator draft LV/operator/daugava --legal-name "Daugava Vaults" --key operator.key --out operator.json',
  run: async ({ words: [name = ''], given, folder, screen }) => {
    requireName(name, 'operator')
    const status = oneWord(given.status, '--status', statuses)
    const { 'valid-from': from, 'valid-until': until } = given
    const valid = {
      from: from && timeOf(from, '--valid-from'),
      until: until && timeOf(until, '--valid-until'),
    }
    const standing = await standingOf(await openOutside(folder), 'operator', name)
    return await makeDraft({
      kind: 'operator',
      name,
      given,
      screen,
      standing,
      needs: { legal_name: '--legal-name', keys: '--key' },
      members: async (base) => ({
        legal_name: given['legal-name'],
        lei: leiMember(given.lei, base),
        ...(await keySetMembers(given, base)),
        contacts: contactsMember(given, base),
        status: usual(status, base, 'status', 'active'),
        valid: merged(base['valid'] ?? yearFrom(standing.now), valid),
      }),
    })
  },
})
