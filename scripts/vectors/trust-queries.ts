import { countryNoun } from '@dcann/protocol/country'
import { nodeNoun } from '@dcann/protocol/node'
import { operatorNoun } from '@dcann/protocol/operator'
import { requesterNoun } from '@dcann/protocol/requester'
import { formatTime } from '@dcann/protocol/time'
import { type Federation, keys } from './federation.ts'
import { at, day, type NamedVector, now, vectorsOf, write } from './vector.ts'

/** Questions in the form of TRQP 2.0, over records that stand: what holds, what does not, and what is no question. */
export async function trustQueryVectors(federation: Federation): Promise<NamedVector[]> {
  const { valid, invalid } = vectorsOf('trust-query')
  const { country, operator, node, requester } = federation
  const all = [country, operator, node, requester].map(({ signed }) => signed)
  const of = country.payload.name
  const use = requester.payload.uses[0]
  const purpose = use?.purpose ?? ''
  const category = use?.categories[0] ?? ''
  const ask = (entity_id: string, action: string, resource: string, authority_id = of): object => ({
    entity_id,
    authority_id,
    action,
    resource,
  })
  const asking = ask(requester.payload.name, 'request', `${purpose}/${category}`)
  const hosting = ask(node.payload.name, 'host', 'passports')
  const without = (record: { readonly signed: object }, instead?: { readonly signed: object }): readonly object[] =>
    all.flatMap((one) => (one === record.signed ? (instead ? [instead.signed] : []) : [one]))
  const after = { seq: 2, at }
  const draining = await write(
    nodeNoun,
    { ...node.payload, ...after, prev: node.id, status: 'draining' },
    keys.identity.slice(0, 1),
  )
  const ended = await write(
    operatorNoun,
    { ...operator.payload, ...after, prev: operator.id, status: 'ended' },
    keys.operator,
  )
  const suspended = await write(
    requesterNoun,
    { ...requester.payload, ...after, prev: requester.id, status: 'suspended' },
    keys.requester.slice(0, 1),
  )
  const holding = await write(
    countryNoun,
    { ...country.payload, ...after, prev: country.id, hold: [requester.payload.name] },
    keys.country,
  )
  const holds = (
    name: string,
    about: string,
    input: object,
    records: readonly object[] = all,
    moment = now,
  ): NamedVector => valid(name, about, { input, given: { records }, now: moment }, { holds: true })
  const not = (
    name: string,
    about: string,
    input: object,
    records: readonly object[] = all,
    moment = now,
  ): NamedVector => valid(name, about, { input, given: { records }, now: moment }, { holds: false })
  const refused = (name: string, about: string, input: unknown): NamedVector =>
    invalid(name, about, { input, given: { records: all } }, 'schema-mismatch')
  const untilEnd = Date.parse(operator.payload.valid.until) / 1000
  return [
    holds('requester-registered', 'A requester and a use that is registered for it.', asking),
    holds('requester-purpose-alone', 'A requester and a purpose.', { ...asking, resource: purpose }),
    holds(
      'operator-accredited',
      'An operator whose accreditation runs.',
      ask(operator.payload.name, 'operate', 'vault-node'),
    ),
    holds('node-active', 'A node that takes passports in.', hosting),
    holds('country-assigns', 'A country that is delegated.', ask(of, 'assign', 'identifiers', 'root')),
    holds('country-delegated', 'The same, as a zone.', ask(of, 'delegate', 'zone', 'root')),
    holds('with-a-context', 'What is in the context beside a time means nothing.', {
      ...asking,
      context: { time: at, purpose_of_asking: 'to know' },
    }),
    not('use-not-registered', 'A purpose that nobody registered.', { ...asking, resource: 'dpv:Marketing' }),
    not('category-not-registered', 'A category beyond the use.', { ...asking, resource: `${purpose}/pd:Genetic` }),
    not('requester-suspended', 'The requester is suspended.', asking, without(requester, suspended)),
    not('requester-held', 'The houses hold the requester.', asking, without(country, holding)),
    not('requester-absent', 'Nothing stands under the name.', asking, without(requester)),
    not('node-draining', 'The node gives its passports away.', hosting, without(node, draining)),
    not('operator-ended', 'The node is active, its operator is not.', hosting, without(operator, ended)),
    not(
      'operator-after-its-term',
      'The first second after an accreditation.',
      ask(operator.payload.name, 'operate', 'vault-node'),
      all,
      untilEnd,
    ),
    not('another-authority', 'Another country is asked.', { ...asking, authority_id: 'country/FI' }),
    not('another-action', 'An action that there is for another kind.', { ...asking, action: 'host' }),
    not('no-name', 'The entity is no name of a zone.', { ...asking, entity_id: 'https://insurer.example' }),
    not('a-person', 'Of a passport nothing is said.', ask(federation.passport.payload.name, 'request', purpose)),
    refused('no-entity', 'No entity.', { authority_id: of, action: 'host', resource: 'passports' }),
    refused('no-authority', 'No authority.', { ...asking, authority_id: undefined }),
    refused('no-action', 'No action.', { ...asking, action: undefined }),
    refused('no-resource', 'No resource.', { ...asking, resource: undefined }),
    refused('empty-entity', 'An entity without letters.', { ...asking, entity_id: '' }),
    refused('action-of-two', 'Two actions at once.', { ...asking, action: ['host', 'request'] }),
    refused('resource-a-number', 'A resource that is no text.', { ...asking, resource: 7 }),
    refused('entity-too-long', 'A name beyond all names.', { ...asking, entity_id: 'E'.repeat(201) }),
    refused('another-member', 'A member that nobody knows.', { ...asking, authorized: true }),
    refused('names-of-before', 'The member names of TRQP 1.', {
      entityId: requester.payload.name,
      authorityId: of,
      action: 'request',
      resource: purpose,
    }),
    refused('context-a-text', 'A context that is no object.', { ...asking, context: 'today' }),
    refused('context-of-objects', 'A context with more than texts.', {
      ...asking,
      context: { more: { than: 'texts' } },
    }),
    refused('a-list', 'Several questions.', [asking]),
    refused('nothing', 'No question.', null),
    refused('time-with-an-offset', 'A time that is not in UTC.', {
      ...asking,
      context: { time: '2026-11-23T12:00:00+01:00' },
    }),
    refused('time-of-no-day', 'A day that is not in the calendar.', {
      ...asking,
      context: { time: '2026-02-30T12:00:00Z' },
    }),
    refused('time-with-fractions', 'A time finer than a second.', {
      ...asking,
      context: { time: '2026-11-23T12:00:00.000Z' },
    }),
    invalid(
      'time-to-come',
      'A moment that nobody can know.',
      { input: { ...asking, context: { time: formatTime(now + day) } }, given: { records: all } },
      'time-invalid',
    ),
  ]
}
