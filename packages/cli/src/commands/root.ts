import { keyDigest } from '@dcann/protocol/key'
import { type House, houses, ofLog, type RootRecord } from '@dcann/protocol/root'
import { instantOf } from '@dcann/sdk/world'
import { need } from '../arguments.ts'
import { defineCommand } from '../command.ts'
import { makeDraft } from '../draft.ts'
import { keySetMembers, type Members, merged, usual, yearFrom } from '../draft-members.ts'
import { UsageError } from '../failure.ts'
import { frozenHead } from '../frozen-head.ts'
import { readPublicKey, readPublicKeys } from '../key-file.ts'
import { oneWord, timeOf, wholeNumber } from '../option-values.ts'
import { type Given, ofDraft } from '../options.ts'
import { openOutside, type Outside, worldOf } from '../settings.ts'
import { nothingStands, standingOf } from '../standing.ts'

const options = {
  first: { says: 'the beginning of a new root, over nothing that stands' },
  test: { says: 'with --first: a root for trying things out; it never becomes another' },
  house: { value: '<house=key,…>', many: true, says: `the keys of a house, all together; ${houses.join(', ')}` },
  'house-threshold': { value: '<house=n>', many: true, says: 'how many of them act for it, instead of all' },
  'house-next': { value: '<house=key,…>', many: true, says: 'keys that it announces before it uses them' },
  'country-key': {
    value: '<key>',
    many: true,
    says: 'a key of the role that delegates countries; all that there shall be',
  },
  'country-threshold': { value: '<n>', says: 'how many of them act together, instead of all' },
  'log-key': { value: '<key>', says: "the key that signs the root zone's statements, or its key file" },
  'log-origin': { value: '<name>', says: 'the name of its log, like root.dcann.example' },
  frozen: {
    value: '<size,root>',
    says: 'with a new log key: where the log before ended; what a registry of the root shows without this option',
  },
  expires: { value: '<time>', says: 'when it delegates no more; in a year to begin with' },
  witness: {
    value: '<name=key,by>',
    many: true,
    says: 'a witness: its name, its public key, and whose it is; all that there shall be',
  },
  quorum: { value: '<n>', says: 'how many who run witnesses cosign a head; none to begin with, which a test root may' },
  notice: {
    value: '<house>',
    says: 'tell a house that missed a ceremony so; none ends it. 90 days after, the others may give it keys that it announced',
  },
  ...ofDraft,
} as const

export const draft = defineCommand({
  says: 'Drafts a version of the root: --first, or what stands with what is given here. Three houses sign, citizens among them, with the keys of the version that stands and with those proposed.',
  options,
  example:
    'dcann root draft --first --house citizens=citizens.key --house governments=g.key --house companies=c.key --house technical=t.key --country-key role.key --log-key root.seed --log-origin root.example --out root.json',
  run: async ({ given, folder, screen }) => {
    const expires = given.expires && timeOf(given.expires, '--expires')
    const drafted = await housesOf(given)
    const logKey = given['log-key'] && (await readPublicKey(given['log-key'], 'signing'))
    const country = {
      ...(given['country-key'] ? { key: given['country-key'] } : {}),
      ...(given['country-threshold'] ? { threshold: given['country-threshold'] } : {}),
    }
    const silent = given.notice === 'none' ? undefined : oneWord(given.notice, '--notice', houses)
    const witnesses = given.witness && (await Promise.all(given.witness.map(witnessOf)))
    if (given.test && !given.first) throw new UsageError('--test is for the first version; a root stays what it is')
    const outside = given.first ? undefined : await openOutside(folder)
    const standing = outside ? await standingOf(outside, 'root', 'root') : nothingStands(instantOf(worldOf(folder)))
    const frozen = outside && (await frozenRoot(outside, standing.held('root', 'root')?.payload, logKey, given.frozen))
    return await makeDraft({
      kind: 'root',
      name: 'root',
      given,
      screen,
      standing,
      needs: {},
      drops: given.notice === undefined ? [] : ['notice'],
      members: async (base) => {
        const before = merged(base['houses'], {})
        const roles = merged(base['roles'], {})
        const role = merged(roles['country'], {})
        const log = merged(roles['log'], { key: logKey, origin: given['log-origin'] })
        for (const house of houses) {
          if (before[house] === undefined) need(drafted[house]?.['keys'], `--house ${house}=<key>`)
        }
        if (role['keys'] === undefined) need(country.key, '--country-key')
        need(log['key'], '--log-key')
        need(log['origin'], '--log-origin')
        return {
          notice: silent && { house: silent, since: base['at'] },
          test: usual(given.test, base, 'test', false),
          expires: usual(expires, base, 'expires', yearFrom(standing.now).until),
          houses: Object.fromEntries(
            houses.map((house) => [house, merged(before[house] ?? {}, withNext(drafted[house], before[house]))]),
          ),
          needs: usual(undefined, base, 'needs', {
            policy: { least: 3, with: ['citizens'] },
            hold: { least: 2, with: ['citizens'] },
          }),
          roles: {
            country: merged(role, await keySetMembers(country, role)),
            log,
          },
          frozen,
          witness: witnessMember(given.quorum, witnesses, base['witness']),
        }
      },
    })
  },
})

async function frozenRoot(
  { world, settings }: Outside,
  held: RootRecord | undefined,
  key: string | undefined,
  given: string | undefined,
): Promise<Members | undefined> {
  return await frozenHead(world, 'root', held && ofLog(held), settings.registries, key, given)
}

/** What the options say of each house. */
async function housesOf(given: Given<typeof options>): Promise<Readonly<Partial<Record<House, Members>>>> {
  const found: Partial<Record<House, Members>> = {}
  for (const [house, list] of pairs(given.house, '--house')) {
    const keys = await readPublicKeys([list])
    found[house] = { ...found[house], keys, threshold: keys.length }
  }
  for (const [house, n] of pairs(given['house-threshold'], '--house-threshold'))
    found[house] = { ...found[house], threshold: wholeNumber(n, '--house-threshold', 1) }
  for (const [house, list] of pairs(given['house-next'], '--house-next'))
    found[house] = { ...found[house], next: (await readPublicKeys([list])).map(keyDigest) }
  return found
}

function pairs(given: readonly string[] | undefined, option: string): (readonly [House, string])[] {
  return (given ?? []).map((text) => {
    const [name = '', ...rest] = text.split('=')
    const house = houses.find((one) => one === name)
    if (house !== undefined && rest.length > 0) return [house, rest.join('=')]
    throw new UsageError(
      `${option} ${JSON.stringify(text)} names no house; expected one of ${houses.join(', ')}, =, and a value`,
    )
  })
}

/** A house that is new announces nothing unless it says so. */
function withNext(given: Members = {}, before: unknown): Members {
  return before === undefined && given['next'] === undefined ? { ...given, next: [] } : given
}

function witnessMember(
  quorum: string | undefined,
  witnesses: readonly Members[] | undefined,
  before: unknown,
): Members {
  return merged(before ?? { quorum: 0, witnesses: [] }, {
    quorum: quorum === undefined ? undefined : wholeNumber(quorum, '--quorum'),
    witnesses,
  })
}

/** `w.example=<key>,FI`: whoever runs it counts as one voice, a country by its letters. */
async function witnessOf(text: string): Promise<Members> {
  const [, name, key, by] = /^([^=]+)=([^,]+),(.+)$/.exec(text) ?? []
  if (name === undefined || key === undefined || by === undefined)
    throw new UsageError(
      `--witness ${JSON.stringify(text)}: expected a name, =, its public key, a comma, and whose it is`,
    )
  return { name, key: await readPublicKey(key, 'signing'), by }
}
