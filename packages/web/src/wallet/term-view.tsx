import { derivedClaim } from '@dcann/protocol/claim'
import type { Term } from '@dcann/protocol/offer'
import { isSpecialCategory } from '@dcann/protocol/vocabulary'
import type { LetOut } from '@dcann/sdk/let-out'
import { useId } from 'preact/hooks'
import { countryName, listOf, momentOf, wordsOf } from '../language/numbers.ts'
import { type Language, type Say, useLanguage, useSay } from '../language/say.ts'
import { plain } from '../page/outside-text.ts'
import { Outside } from '../page/states.tsx'
import { claimTitle, strandTitle } from './words.ts'

export type TermProps = {
  readonly term: Term
  readonly taken: boolean
  /** Absent while it is being looked at. */
  readonly letOut: LetOut | undefined
  readonly toggle: () => void
}

/** One term, with its own switch: what, what for, and what would leave today. */
export function TermView({ term, taken, letOut, toggle }: TermProps) {
  const say = useSay()
  const language = useLanguage()
  const id = useId()
  return (
    <article class={taken ? '' : 'off'}>
      <label class="switch">
        <input type="checkbox" role="switch" checked={taken} onChange={toggle} aria-describedby={`${id}-why`} />
        <strong>{titleOf(term, say, language)}</strong>
        {!term.optional && <span class="tag need">{say('term.needed')}</span>}
        {isSpecialCategory(term.category) && <span class="tag">{say('term.special')}</span>}
      </label>
      <p id={`${id}-why`}>
        <Outside text={purposeIn(term, language)} most={400} />
      </p>
      <Leaving term={term} letOut={letOut} />
      <details>
        <summary>{say('term.more')}</summary>
        <dl>
          <dt>{say('term.of')}</dt>
          <dd>
            {strandTitle(say, term.strand)}{' '}
            <span class="faint" lang="en">
              ({wordsOf(term.category)})
            </span>
          </dd>
          <dt>{say('term.back')}</dt>
          <dd>
            {term.data_range === null ? say('term.back.all') : say('term.days', { n: daysIn(term.data_range.last) })}
          </dd>
          <dt>{say('term.often')}</dt>
          <dd>{oftenOf(term, say)}</dd>
          <dt>{say('term.kept')}</dt>
          <dd>{say('term.kept.for', { n: daysIn(term.data_life) })}</dd>
          <dt>{say('term.goes')}</dt>
          <dd>
            {term.goes_to.length === 0
              ? say('term.goes.nowhere')
              : listOf(
                  term.goes_to.map((code) => countryName(code, language)),
                  language,
                )}
            {term.used_by.length > 0 &&
              ` · ${say('requester.used-by', {
                who: listOf(
                  term.used_by.map((who) => plain(who, 120)),
                  language,
                ),
              })}`}
          </dd>
          <dt>{say('term.joined')}</dt>
          <dd>
            {term.combine === 'never'
              ? say('term.joined.never')
              : listOf(
                  term.combine.map((source) => plain(source, 120)),
                  language,
                )}
          </dd>
          <dt>{say('term.others')}</dt>
          <dd>{say(term.about_others ? 'term.others.yes' : 'term.others.no')}</dd>
        </dl>
      </details>
    </article>
  )
}

/** The very rows that would leave, and what stays. */
function Leaving({ term, letOut }: Pick<TermProps, 'term' | 'letOut'>) {
  const say = useSay()
  const language = useLanguage()
  if (letOut === undefined) return <p class="faint">{say('term.looking')}</p>
  const { leaving, of, rows, values, more } = letOut
  if (of === 0) return <p class="leaves">{say('term.leaves.none')}</p>
  const columns = columnsOf(term, rows)
  return (
    <>
      {values.map(({ claim, value, of: counted }) => (
        <p key={claim} class="leaves">
          {say('term.leaves')} <strong class="value">{valueOf(value, say)}</strong>{' '}
          <span class="faint">{say('term.stays', { n: counted })}</span>
        </p>
      ))}
      {rows.length > 0 && (
        <details class="leaves">
          <summary>
            {say('term.leaves.rows', { n: leaving, of })}
            {more ? ` ${say('term.leaves.more')}` : ''}
          </summary>
          <div class="table" tabIndex={0} role="region" aria-label={say('term.rows')}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{say('term.when')}</th>
                  {columns.map((column) => (
                    <th key={column} scope="col">
                      {claimTitle(say, column)}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.slice(0, 25).map((row, i) => (
                  <tr key={i}>
                    <td>{momentOf(row.at, language)}</td>
                    {columns.map((column) => (
                      <td key={column}>
                        <Outside text={cellOf(row.body[column])} most={120} />
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <p class="faint">{say('term.rows.shown', { n: Math.min(25, rows.length), of: leaving })}</p>
        </details>
      )}
      {values.length === 0 && rows.length === 0 && <p class="leaves">{say('term.leaves.none-fit', { n: of })}</p>}
    </>
  )
}

/** What is asked for, in a few words. */
export function titleOf({ claims, strand }: Pick<Term, 'claims' | 'strand'>, say: Say, language: Language): string {
  if (claims === null) return say('term.whole', { what: strandTitle(say, strand) })
  const members = claims.filter((name) => derivedClaim(name) === undefined)
  const derived = claims.filter((name) => derivedClaim(name) !== undefined)
  const all = [
    ...derived.map((name) => claimTitle(say, name)),
    ...(members.length > 0
      ? [
          say('term.members', {
            members: listOf(
              members.map((name) => claimTitle(say, name)),
              language,
            ),
            what: strandTitle(say, strand),
          }),
        ]
      : []),
  ]
  return listOf(all, language)
}

function purposeIn({ purpose_text: texts, purpose }: Term, language: Language): string {
  const [first] = Object.values(texts)
  return texts[language] ?? texts['en'] ?? first ?? wordsOf(purpose)
}

function oftenOf({ fetch, frequency }: Term, say: Say): string {
  if (fetch === 'one-time') return say('term.once')
  return frequency === null
    ? say('term.often.any')
    : say('term.often.most', { n: frequency.max, per: say(`term.per.${frequency.per}`) })
}

function daysIn(days: string): number {
  return Number(days.slice(1, -1))
}

function columnsOf({ claims }: Term, rows: LetOut['rows']): readonly string[] {
  const members = claims?.filter((name) => derivedClaim(name) === undefined)
  return members ?? [...new Set(rows.flatMap(({ body }) => Object.keys(body)))].slice(0, 8)
}

function cellOf(value: unknown): string {
  return value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)
}

function valueOf(value: string | number | boolean | null, say: Say): string {
  if (value === null) return say('term.value.none')
  if (typeof value === 'boolean') return say(value ? 'term.value.yes' : 'term.value.no')
  return plain(String(value), 80)
}
