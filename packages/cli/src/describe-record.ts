import type { RecordOf } from '@dcann/protocol/admission'
import type { RequesterRecord } from '@dcann/protocol/requester'
import { listOf, wordsOf } from './plain-words.ts'

type Row = readonly [string, string | undefined]
type AnyPayload = RecordOf[keyof RecordOf]

/** What a record says, in plain words. */
export function recordRows(payload: AnyPayload): readonly Row[] {
  if ('houses' in payload) {
    return [
      ['This is', payload.test ? 'a test root: everything under it is made up' : 'the root'],
      ['Until', payload.expires.slice(0, 10)],
    ]
  }
  if ('subject' in payload) {
    return [
      ['This is', `a text on ${payload.subject}: ${payload.title}`],
      ['Lies at', payload.urls.join(', ')],
      ['Digest', payload.digest],
      ['From', payload.from.slice(0, 10)],
      ['Status', payload.status],
    ]
  }
  if ('home' in payload) return [['Status', payload.status]]
  if ('identity_key' in payload) {
    return [
      ['This is', 'a vault node'],
      ['Answers at', payload.url],
      ['Run by', payload.operator],
      ['Region', payload.region],
      ['Status', payload.status],
    ]
  }
  if ('uses' in payload) return requesterRows(payload)
  if ('valid' in payload) {
    return [
      ['This is', `an operator of vault nodes: ${payload.legal_name}`],
      ['LEI', payload.lei ?? 'none'],
      ['Accredited', `${payload.valid.from.slice(0, 10)} to ${payload.valid.until.slice(0, 10)}`],
      ['Status', payload.status],
    ]
  }
  return [
    ['This is', `the country zone ${payload.name.slice(-2)}`],
    ['Registries', payload.urls.join(', ')],
    ['Status', payload.status],
    ['Held', payload.hold.length > 0 ? payload.hold.join(', ') : undefined],
  ]
}

function requesterRows(payload: RequesterRecord): readonly Row[] {
  return [
    ['This is', `a requester (${payload.kind}): ${payload.legal_name}`],
    ['LEI', payload.lei ?? 'none'],
    ['Owned by', ownerOf(payload)],
    ['Supervised', `by ${payload.authority}`],
    ...payload.uses.map((use): Row => [
      'May ask for',
      `${listOf(use.categories.map(wordsOf))}: ${wordsOf(use.purpose)}`,
    ]),
    ['Status', payload.status],
  ]
}

/** Who controls a requester, as its record says. */
export function ownerOf({ control }: Pick<RequesterRecord, 'control'>): string {
  const since = `as of ${control.as_of.slice(0, 10)}, owner number ${control.epoch}`
  return control.parent === null
    ? `${wordsOfException(control.exception)} (${since})`
    : `the group of LEI ${control.parent} (${since})`
}

function wordsOfException(exception: RequesterRecord['control']['exception']): string {
  switch (exception) {
    case 'natural-persons':
      return 'people, not another company'
    case 'non-consolidating':
      return 'nobody who keeps joint accounts with it'
    case 'public-body':
      return 'the public: it is a public body'
    case 'no-known-person':
    case null:
      return 'nobody that is known'
  }
}
