import { formatIdentifier } from '@dcann/protocol/identifier'
import { parseName } from '@dcann/protocol/name'
import { settledAfter } from '@dcann/protocol/recovery'
import { formatTime } from '@dcann/protocol/time'
import { instantOf } from '@dcann/sdk/world'
import type { Located, Resolved } from '@dcann/sdk/resolved'
import type { RecordOf } from '@dcann/protocol/admission'
import { defineCommand, type Report } from '../command.ts'
import { homeJson, homeRows, proofRows } from '../describe-home.ts'
import { recordRows } from '../describe-record.ts'
import { openOutside } from '../settings.ts'
import { table } from '../wrap.ts'

export const resolve = defineCommand({
  says: 'Says where a passport or handle lives and who answers for that, or who is behind a name; every word proved from the pinned root.',
  takes: ['<identifier | name | handle@node>'],
  options: { settled: { says: 'refuse a passport of which a recovery may still take something back' } },
  example: 'dcann resolve EE/node/tallinn',
  run: async ({ words: [text = ''], given, folder }): Promise<Report> => {
    const { resolver, world } = await openOutside(folder)
    const now = instantOf(world)
    const name = text.trim()
    if (isName(name)) return describeName(await resolver.resolveName(name), now)
    const wanted = given.settled === true ? { settled: true } : {}
    return describeLocated(await resolver.resolvePassport(name, wanted), now)
  },
})

/** Names of other things than passports; whatever else is typed is an identifier or a handle. */
function isName(text: string): boolean {
  if (text === 'root' || text.startsWith('country/') || text.startsWith('policy/')) return true
  return /^[A-Z]{2}\//.test(text) && parseName(text).kind !== 'passport'
}

function describeName(resolved: Resolved<RecordOf[keyof RecordOf]>, now: number): Report {
  const { name, record } = resolved
  if (record === undefined) return absent(name, resolved, now)
  return {
    json: { name, absent: false, record: record.payload, ...codesOf(resolved) },
    lines: [
      name,
      ...table([
        ...recordRows(record.payload),
        ...proofRows(resolved, now),
        ['Record', `${record.id} (number ${record.payload.seq})`],
      ]),
    ],
  }
}

function describeLocated(located: Located, now: number): Report {
  if (located.kind === 'handle') {
    const { handle, home } = located
    return {
      json: { handle, absent: false, home: homeJson(home) },
      lines: [
        `The handle ${handle}`,
        ...table([
          ...homeRows(home),
          ['Note', 'the address says so; only that node can tell whether it knows the handle'],
          ['Freshness', home.freshness],
        ]),
      ],
    }
  }
  const { identifier, passport, home } = located
  const { record } = passport
  if (record === undefined) return absent(identifier, passport, now)
  const settles = settledAfter(record.payload, now)
  return {
    json: {
      identifier,
      absent: false,
      record: record.payload,
      home: home === undefined ? null : homeJson(home),
      settled_after: settles === undefined ? null : formatTime(settles),
      ...codesOf(passport),
    },
    lines: [
      `The passport ${formatIdentifier(identifier)}`,
      ...table([
        ...(home === undefined ? [] : homeRows(home)),
        ['Assigned', `by country/${identifier.slice(0, 2)}`],
        ['Status', record.payload.status === 'active' ? 'active' : 'ended: it lives nowhere any more'],
        ...(settles === undefined
          ? []
          : [['Settled', `on ${formatTime(settles).slice(0, 10)}; until then something may be taken back`] as const]),
        ...proofRows(passport, now),
        ['Record', `${record.id} (number ${record.payload.seq})`],
      ]),
    ],
  }
}

function absent(name: string, resolved: Resolved<unknown>, now: number): Report {
  const zone = parseName(name).zone
  if (resolved.gone) {
    return {
      json: { name, absent: true, gone: true, ...codesOf(resolved) },
      lines: [
        `The passport ${name} has ended.`,
        ...table([
          ['Erased', `the zone ${zone} keeps nothing of it and gives its identifier to nobody again`],
          ...proofRows(resolved, now),
        ]),
      ],
    }
  }
  return {
    json: { name, absent: true, ...codesOf(resolved) },
    lines: [
      `Nothing stands under ${name}.`,
      ...table([['Absent', `the zone ${zone} has signed that it holds no such name`], ...proofRows(resolved, now)]),
    ],
  }
}

function codesOf({ record, proof, freshness, at, ttl, source, failed }: Resolved<unknown>): object {
  return { record_id: record?.id ?? null, proof, freshness, at, ttl, source, failed }
}
