import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { base64Url, sha256 } from '@dcann/protocol/bytes'
import { policySubjects } from '@dcann/protocol/policy'
import { formatTime } from '@dcann/protocol/time'
import { defineCommand } from '../command.ts'
import { makeDraft, requireName } from '../draft.ts'
import { usual } from '../draft-members.ts'
import { CommandError } from '../failure.ts'
import { oneWord, timeOf } from '../option-values.ts'
import { ofDraft } from '../options.ts'
import { openOutside } from '../settings.ts'
import { standingOf } from '../standing.ts'

const statuses = ['adopted', 'withdrawn'] as const

export const draft = defineCommand({
  says: 'Drafts the record by which a text is adopted: its digest, and where it lies. For policy/<id> the houses sign that the root names for a policy, for CC/policy/<id> the country.',
  takes: ['<policy/id | CC/policy/id>'],
  options: {
    subject: { value: '<subject>', says: `what it is about: ${policySubjects.join(', ')}` },
    title: { value: '<words>', says: 'its title' },
    text: { value: '<file>', says: 'the text itself, of which the digest is taken' },
    url: { value: '<url>', many: true, says: 'where the text lies; all that there shall be' },
    'in-force': { value: '<time>', says: 'from when it is in force; now to begin with' },
    status: { value: '<status>', says: `${statuses.join(' or ')}; adopted to begin with` },
    ...ofDraft,
  },
  example:
    'dcann policy draft policy/fair-use-1 --subject fair-use --title "Fair use" --text fair-use.md --url https://dcann.example/fair-use.md --out policy.json',
  run: async ({ words: [name = ''], given, folder, screen }) => {
    requireName(name, 'policy')
    const digest = given.text === undefined ? undefined : base64Url(sha256(await bytesOf(given.text)))
    const from = given['in-force'] && timeOf(given['in-force'], '--in-force')
    const standing = await standingOf(await openOutside(folder), 'policy', name)
    return await makeDraft({
      kind: 'policy',
      name,
      given,
      screen,
      standing,
      needs: { subject: '--subject', title: '--title', digest: '--text', urls: '--url' },
      members: (base) => ({
        subject: oneWord(given.subject, '--subject', policySubjects),
        title: given.title,
        digest,
        urls: given.url,
        from: usual(from, base, 'from', formatTime(standing.now)),
        status: usual(oneWord(given.status, '--status', statuses), base, 'status', 'adopted'),
      }),
    })
  },
})

async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    return await readFile(resolve(file))
  } catch {
    throw new CommandError('file-unreadable', `reading the text: there is no file ${file} that can be read`)
  }
}
