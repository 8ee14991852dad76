import { defineCommand } from '../command.ts'
import { makeDraft, requireName } from '../draft.ts'
import { keySetMembers, merged, usual } from '../draft-members.ts'
import { frozenHead } from '../frozen-head.ts'
import { readPublicKey } from '../key-file.ts'
import { oneWord, wholeNumber } from '../option-values.ts'
import { ofDraft, ofKeySet } from '../options.ts'
import { listOf } from '../plain-words.ts'
import { openOutside } from '../settings.ts'
import { standingOf } from '../standing.ts'

const statuses = ['active', 'suspended'] as const

export const draft = defineCommand({
  says: "Drafts a country's delegation, or a change of it: what is not given stays. The root's country role signs, with the country's keys; either alone, or the houses, may suspend it, narrow its bounds or hold names in it.",
  takes: ['<country/CC>'],
  options: {
    ...ofKeySet,
    url: { value: '<url>', many: true, says: 'where a registry of the zone answers; all that there shall be' },
    'log-key': { value: '<key>', says: "the key that signs the zone's statements, or its key file" },
    'log-origin': { value: '<name>', says: "the log's name; the first registry's address and the zone to begin with" },
    frozen: {
      value: '<size,root>',
      says: "with a new log key: where the log before ended; what the zone's registry shows without this option",
    },
    'passports-per-day': { value: '<n>', says: 'identifiers it may assign a day; 10000 to begin with' },
    'acts-per-second': { value: '<n>', says: 'records it may take a second; 1000 to begin with' },
    hold: {
      value: '<name>',
      many: true,
      says: 'a name in the zone that may only be tightened; all that there shall be',
    },
    status: { value: '<status>', says: `${listOf(statuses, 'or')}; active to begin with` },
    ...ofDraft,
  },
  example:
    'dcann country draft country/LV --key country.key --url https://registry.example --log-key log.seed --out country.json',
  run: async ({ words: [name = ''], given, folder, screen }) => {
    requireName(name, 'country')
    const status = oneWord(given.status, '--status', statuses)
    const { 'passports-per-day': perDay, 'acts-per-second': perSecond, 'log-key': logKey } = given
    const bounds = {
      passports_per_day: perDay && wholeNumber(perDay, '--passports-per-day'),
      acts_per_second: perSecond && wholeNumber(perSecond, '--acts-per-second', 1),
    }
    const log = { key: logKey && (await readPublicKey(logKey, 'signing')), origin: given['log-origin'] }
    const outside = await openOutside(folder)
    const standing = await standingOf(outside, 'country', name)
    const held = standing.held('country', name)?.payload
    const frozen = await frozenHead(outside.world, name.slice(-2), held, held?.urls ?? [], log.key, given.frozen)
    return await makeDraft({
      kind: 'country',
      name,
      given,
      screen,
      standing,
      needs: { keys: '--key', urls: '--url', log: '--log-key' },
      members: async (base) => {
        const begins =
          base['log'] === undefined && log.key !== undefined ? { origin: originOf(given.url?.[0], name) } : {}
        const named = merged(base['log'] ?? begins, log)
        return {
          ...(await keySetMembers(given, base)),
          urls: given.url,
          log: Object.keys(named).length > 0 ? named : undefined,
          frozen,
          status: usual(status, base, 'status', 'active'),
          bounds: merged(base['bounds'] ?? { passports_per_day: 10_000, acts_per_second: 1_000 }, bounds),
          hold: usual(
            given.hold?.filter((one) => one !== 'none'),
            base,
            'hold',
            [],
          ),
        }
      },
    })
  },
})

/** A log is named for its zone and where it answers, in one word. */
function originOf(url: string | undefined, name: string): string | undefined {
  return url !== undefined && URL.canParse(url) ? `${name.slice(-2).toLowerCase()}.${new URL(url).host}` : undefined
}
