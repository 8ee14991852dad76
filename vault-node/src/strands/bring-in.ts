import { type Entry, entryId, type KeptEntry } from '@dcann/protocol/entry'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import type { Coverage, Strand } from '@dcann/protocol/strand'
import { formatTime, type Instant } from '@dcann/protocol/time'
import { addEntry } from '@dcann/store/page'
import { settle } from '@dcann/store/shelf'
import type { Store, Write } from '@dcann/store/store'
import type { Turns } from '../turns.ts'
import type { World } from '../world.ts'
import { appendEvidence } from '../evidence/append.ts'
import { passportHeads } from '../evidence/shelf.ts'
import { entriesOf, monthOf, pages, strands, writeEntry } from './shelf.ts'

export type BringInDesk = { readonly store: Store; readonly world: World; readonly turns: Turns }

/** Makes a strand if there is none of this name; one that is there keeps its shape. Throws `rule-broken` for another shape. */
export async function makeStrand(
  { store }: Pick<BringInDesk, 'store'>,
  passport: string,
  strand: Strand,
): Promise<boolean> {
  const place = strands.at(passport, strand.name)
  return await settle(async () => {
    const held = place.from(await store.read([place.key]))
    if (held) {
      const { schema, category, kind, special } = held.value.strand
      if (
        schema !== strand.schema ||
        category !== strand.category ||
        kind !== strand.kind ||
        special !== strand.special
      ) {
        throw new ProtocolError(
          'rule-broken',
          `making the strand ${quote(strand.name, 80)}: it is there already with another schema, category or kind`,
        )
      }
      return false
    }
    await store.commit({
      writes: [place.put({ strand, coverage: { from: null, to: null, last_event: null, entries: 0 } }, 'absent')],
    })
    return true
  })
}

/** What came of bringing entries in. */
export type BroughtIn = { readonly added: number; readonly known: number; readonly coverage: Coverage }

/**
 * Brings entries into a strand: those whose id is there already are counted as known, the rest go into the pages of their
 * months, all or nothing, with one line in the passport's chain. Throws `rule-broken` when the strand is not there.
 */
export async function bringIn(
  { store, world, turns }: BringInDesk,
  passport: string,
  strand: string,
  entries: readonly Entry[],
  request: string,
  now: Instant,
): Promise<BroughtIn> {
  const strandPlace = strands.at(passport, strand)
  const headPlace = passportHeads.at(passport)
  const recorded = formatTime(now)
  return await turns.take(`passport/${passport}`, () =>
    settle(async () => {
      const snapshot = await store.read([strandPlace.key, headPlace.key])
      const held = strandPlace.from(snapshot)
      if (!held)
        throw new ProtocolError(
          'rule-broken',
          `bringing entries in: there is no strand ${quote(strand, 80)}; make it first`,
        )
      const head = headPlace.from(snapshot)
      const months = Map.groupBy(entries, ({ at }) => monthOf(at))
      const writes: Write[] = []
      let added = 0
      for (const [month, some] of months) {
        const filled = await fillMonth(
          store,
          passport,
          strand,
          month,
          some.map((entry) => ({ ...entry, id: entryId(strand, entry), recorded })),
        )
        writes.push(...filled.writes)
        added += filled.added
      }
      const coverage = added ? widen(held.value.coverage, entries, added, recorded) : held.value.coverage
      const evidence = appendEvidence(world, head?.value ?? { n: 0, leaf: null }, {
        agreement: null,
        passport,
        kind: 'import',
        request,
        answer: null,
        outcome: added ? 'added' : 'known',
        at: recorded,
        of: passport,
        about: [`${strand}: ${added} added, ${entries.length - added} known`],
      })
      await store.commit({
        writes: [
          ...writes,
          strandPlace.replace(held, { strand: held.value.strand, coverage }),
          headPlace.replace(head, evidence.head),
          ...evidence.writes,
        ],
      })
      return { added, known: entries.length - added, coverage }
    }),
  )
}

/** The last page of a month takes what fits; the rest begins new ones. */
async function fillMonth(
  store: Store,
  passport: string,
  strand: string,
  month: string,
  entries: readonly KeptEntry[],
): Promise<{ readonly writes: Write[]; readonly added: number }> {
  const stored: { readonly number: string; readonly value: readonly Uint8Array[]; readonly version: number }[] = []
  const known = new Set<string>()
  for (let after: string | undefined, more = true; more;) {
    const found = await store.range(
      pages.page([passport, strand, month], { limit: 256, ...(after === undefined ? {} : { after }) }),
    )
    for (const one of found) {
      const { id, value, version } = pages.entry(one)
      stored.push({ number: id.at(-1) ?? '', value, version })
      for (const entry of entriesOf(one)) known.add(entry.id)
    }
    after = found.at(-1)?.key
    more = found.length === 256
  }
  const last = stored.at(-1)
  let number = last ? Number(last.number) : 1
  let current: readonly Uint8Array[] = last?.value ?? []
  let expect: number | 'absent' = last?.version ?? 'absent'
  let changed = false
  const writes: Write[] = []
  const put = (): void => {
    if (changed) writes.push(pages.at(passport, strand, month, String(number).padStart(6, '0')).put(current, expect))
  }
  let added = 0
  for (const entry of entries) {
    if (known.has(entry.id)) continue
    known.add(entry.id)
    added++
    const bytes = writeEntry(entry)
    const grown = addEntry(current, bytes)
    if (!grown) {
      put()
      number++
      current = [bytes]
      expect = 'absent'
    } else current = grown
    changed = true
  }
  put()
  return { writes, added }
}

function widen(held: Coverage, entries: readonly Entry[], added: number, recorded: string): Coverage {
  const times = entries
    .map(({ at }) => at)
    .concat(held.from ?? [], held.to ?? [])
    .sort()
  return { from: times[0] ?? null, to: times.at(-1) ?? null, last_event: recorded, entries: held.entries + added }
}
