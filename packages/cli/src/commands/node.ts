import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { defineCommand } from '../command.ts'
import { makeDraft, requireName } from '../draft.ts'
import { announcedMember, usual } from '../draft-members.ts'
import { UsageError } from '../failure.ts'
import { type KeyUse, readPublicKey } from '../key-file.ts'
import { oneWord, wholeNumber } from '../option-values.ts'
import { ofAnnounced, ofDraft } from '../options.ts'
import { listOf } from '../plain-words.ts'
import { openOutside } from '../settings.ts'
import { standingOf } from '../standing.ts'

const statuses = ['active', 'draining', 'suspended', 'ended'] as const

export const draft = defineCommand({
  says: "Drafts a vault node's record, or a change of it: what is not given stays. Its operator signs, with the node's identity key; any of them, and the country, may alone drain, suspend or end it.",
  takes: ['<CC/node/id>'],
  options: {
    operator: { value: '<CC/operator/id>', says: 'who runs it; it stays' },
    url: { value: '<url>', says: 'where the world reaches it' },
    keys: { value: '<folder>', says: "the node's own keys: identity.seed, assertion.seed, sealing.seed" },
    'identity-key': { value: '<key>', says: 'one of them by itself, as a public key or a key file' },
    'assertion-key': { value: '<key>', says: 'the same' },
    'sealing-key': { value: '<key>', says: 'the same' },
    region: { value: '<words>', says: 'where it stands, like LV-RIX' },
    ttl: { value: '<seconds>', says: 'for how long the record may be believed; 3600 to begin with' },
    status: { value: '<status>', says: `${listOf(statuses, 'or')}; active to begin with` },
    ...ofAnnounced,
    ...ofDraft,
  },
  example:
    'dcann node draft LV/node/riga --operator LV/operator/daugava --url https://vault.example --keys keys --region LV-RIX --out node.json',
  run: async ({ words: [name = ''], given, folder, screen }) => {
    requireName(name, 'node')
    if (given.operator !== undefined) requireName(given.operator, 'operator')
    const status = oneWord(given.status, '--status', statuses)
    const key = async (
      option: 'identity-key' | 'assertion-key' | 'sealing-key',
      use: KeyUse,
    ): Promise<string | undefined> => {
      const file = given.keys && join(given.keys, `${option.split('-')[0]}.seed`)
      const from = given[option] ?? file
      if (from === undefined) return undefined
      if (from === file && !existsSync(file)) {
        throw new UsageError(
          `there is no ${file}; make it with: dcann key make ${file}${use === 'sealing' ? ' --sealing' : ''}`,
        )
      }
      return await readPublicKey(from, use)
    }
    const keys = {
      identity_key: await key('identity-key', 'signing'),
      assertion_key: await key('assertion-key', 'signing'),
      sealing_key: await key('sealing-key', 'sealing'),
    }
    const outside = await openOutside(folder)
    const operator =
      given.operator ?? (await outside.resolver.resolveName(name, { kind: 'node' })).record?.payload.operator
    return await makeDraft({
      kind: 'node',
      name,
      given,
      screen,
      standing: await standingOf(outside, 'node', name, operator),
      needs: {
        operator: '--operator',
        url: '--url',
        identity_key: '--identity-key or --keys',
        assertion_key: '--assertion-key or --keys',
        sealing_key: '--sealing-key or --keys',
        region: '--region',
      },
      members: async (base) => ({
        operator: given.operator,
        url: given.url,
        ...keys,
        region: given.region,
        ttl: usual(given.ttl === undefined ? undefined : wholeNumber(given.ttl, '--ttl'), base, 'ttl', 3600),
        status: usual(status, base, 'status', 'active'),
        next: await announcedMember(given, base),
      }),
    })
  },
})
