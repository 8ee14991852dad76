import { formatTime } from '@dcann/protocol/time'
import type { Federation } from './federation.ts'
import { at, day, type NamedVector, now, vectorsOf } from './vector.ts'

const marketing = { purpose: 'dpv:Marketing', except: [] as string[] }

/** What a holder does not want to be asked, said again, and held against an ask. */
export function standingRefusalVectors({ requester }: Federation): NamedVector[] {
  const { valid, invalid } = vectorsOf('standing-refusal')
  const { name } = requester.payload
  const said = (title: string, about: string, held: object | null, refusal: object, result: object): NamedVector =>
    valid(title, about, { given: { held }, input: { refusal } }, { refusal: result })
  const misstated = (title: string, about: string, refusal: object): NamedVector =>
    invalid(title, about, { given: { held: null }, input: { refusal } }, 'schema-mismatch')
  const unwanted = (title: string, about: string, purpose: string, isUnwanted: boolean, held: object): NamedVector =>
    valid(
      title,
      about,
      {
        given: { requester: requester.signed, standing: [], remembered: [], ...held },
        input: { purposes: ['dpv:ServiceProvision', purpose] },
      },
      { unwanted: isUnwanted },
    )
  const misheld = (title: string, about: string, held: object): NamedVector =>
    invalid(
      title,
      about,
      {
        given: { requester: requester.signed, standing: [], remembered: [], ...held },
        input: { purposes: ['dpv:Marketing'] },
      },
      'schema-mismatch',
    )
  const remembered = { who: name, purpose: 'dpv:Marketing', until: formatTime(now + day) }
  return [
    said('first-said', 'Taken as it is said.', null, marketing, marketing),
    said(
      'said-again-excepts-no-more',
      'Who was not excepted before is not now.',
      marketing,
      { ...marketing, except: [name] },
      marketing,
    ),
    said('said-again-grows', 'Who was excepted is no more.', { ...marketing, except: [name] }, marketing, marketing),
    unwanted('not-refused', 'Nothing was said of it.', 'dpv:Marketing', false, {}),
    unwanted('refused-in-advance', 'One of its purposes is.', 'dpv:Marketing', true, { standing: [marketing] }),
    unwanted('a-narrower-purpose', 'It lies under the one refused.', 'dpv:DirectMarketing', true, {
      standing: [marketing],
    }),
    unwanted('a-broader-purpose', 'The one refused is narrower.', 'dpv:Marketing', false, {
      standing: [{ ...marketing, purpose: 'dpv:DirectMarketing' }],
    }),
    unwanted('excepted', 'This requester may.', 'dpv:Marketing', false, {
      standing: [{ ...marketing, except: [name] }],
    }),
    unwanted('remembered', 'It was refused the same a day ago.', 'dpv:Marketing', true, { remembered: [remembered] }),
    unwanted('remembered-for-its-group', 'Another company of its group was refused.', 'dpv:Marketing', true, {
      remembered: [{ ...remembered, who: requester.payload.control.parent ?? requester.payload.lei ?? name }],
    }),
    unwanted('forgotten-at-this-moment', 'The end is outside.', 'dpv:Marketing', false, {
      remembered: [{ ...remembered, until: at }],
    }),
    unwanted('remembered-of-another', 'Somebody else was refused.', 'dpv:Marketing', false, {
      remembered: [{ ...remembered, who: 'EE/requester/another' }],
    }),
    misstated('unknown-purpose', 'Not in the vocabulary.', { ...marketing, purpose: 'dpv:Anything' }),
    misstated('purpose-without-prefix', 'Purposes are prefixed.', { ...marketing, purpose: 'Marketing' }),
    misstated('two-purposes', 'One purpose a refusal.', { ...marketing, purpose: ['dpv:Marketing', 'dpv:Payment'] }),
    misstated('without-exceptions', 'Nobody excepted is an empty list.', { purpose: 'dpv:Marketing' }),
    misstated('excepts-a-node', 'Requesters alone ask.', { ...marketing, except: ['EE/node/x'] }),
    misstated('excepts-a-passport', 'A person is no requester.', { ...marketing, except: [`IN${'0'.repeat(26)}`] }),
    misstated('excepts-too-many', 'At most 64.', {
      ...marketing,
      except: Array.from({ length: 65 }, (_, i) => `EE/requester/r${i}`),
    }),
    misstated('with-an-end', 'It stands until it is lifted.', { ...marketing, until: formatTime(now + day) }),
    misheld('remembered-without-an-end', 'What is remembered ends.', {
      remembered: [{ ...remembered, until: null }],
    }),
    misheld('remembered-for-ever', 'A time has a form.', { remembered: [{ ...remembered, until: 'never' }] }),
    misheld('remembered-without-a-name', 'Somebody was refused.', {
      remembered: [{ purpose: 'dpv:Marketing', until: at }],
    }),
    misheld('remembered-for-no-purpose', 'Something was refused.', { remembered: [{ ...remembered, purpose: '' }] }),
  ]
}
