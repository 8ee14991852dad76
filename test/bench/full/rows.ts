import type { Figure } from '../figure.ts'
import type { Part, Row } from '../row.ts'
import { once, perDoubling } from './grow.ts'
import { type Milestone, signatures } from './measure.ts'

/** The rows of a zone that has grown, in the order of the goals. */
export const fullIds = [
  'G1-R1',
  'G1-R2',
  'G1-A1',
  'G2',
  'G3',
  'G4',
  'G4-full',
  'G5',
  'G5-proof',
  'G6',
  'G6-proofs',
  'G7',
]

const MiB = 1024 ** 2

/** What a million costs beside ten thousand, and how that grows with each doubling. */
export function rowsOf([small, large]: readonly [Milestone, Milestone]): Row[] {
  const names = [small.names, large.names] as const
  const many = large.names.toLocaleString('en')
  const parts = (what: string, unit: string, of: (one: Milestone) => number): Part[] => [
    { name: `${what}, at ${small.names.toLocaleString('en')}`, unit, figure: once(of(small)) },
    { name: `${what}, at ${many}`, unit, figure: once(of(large)) },
    { name: `${what}, with each doubling`, unit: '×', figure: once(perDoubling(names, [of(small), of(large)])) },
  ]
  const grown = (
    id: string,
    what: string,
    of: (one: Milestone) => Figure,
    per: (one: Milestone) => number,
    note: string,
  ): Row => ({
    id,
    what,
    unit: `× at ${small.names.toLocaleString('en')}`,
    measured: spread(of(large), (value) => value / per(large) / (of(small).median / per(small))),
    gate: 1.15,
    against: `the same at ${small.names.toLocaleString('en')} passports, each over its own floor`,
    parts: [...parts('one', 'µs', (one) => of(one).median), ...parts('its floor', 'µs', per)],
    note,
  })
  const floorOf = ({ cpu }: Milestone): number =>
    cpu.post.median + signatures * cpu.verify.median + 12 * cpu.hash.median
  const memoryEach = (large.memoryServed - small.memoryServed) / (large.names - small.names)
  return [
    grown(
      'G1-R1',
      `resolve, asked before, at ${many} passports`,
      ({ cpu }) => cpu.warm,
      ({ cpu }) => cpu.bare.median,
      'over bare of the same size',
    ),
    grown(
      'G1-R2',
      `resolve for the first time, at ${many} passports`,
      ({ cpu }) => cpu.cold,
      ({ cpu }) => cpu.bare.median,
      'map and log proof computed, statement signed; names evenly drawn from all',
    ),
    grown(
      'G1-A1',
      `one passport admitted, at ${many} passports`,
      ({ cpu }) => cpu.admit,
      floorOf,
      `over POST + ${signatures} V + 12 H`,
    ),
    {
      id: 'G2',
      what: `memory of a registry of ${many} passports`,
      unit: 'MiB',
      measured: once(large.memoryServed / MiB),
      gate: Math.round(64 + (100 * large.names) / MiB),
      against: 'the system’s account of what is resident, after some thousand names were resolved',
      parts: [
        ...parts('once started', 'MiB', (one) => one.memoryStarted / MiB),
        ...parts('after resolving', 'MiB', (one) => one.memoryServed / MiB),
        { name: 'more for each passport', unit: 'B', figure: once(memoryEach) },
      ],
    },
    {
      id: 'G3',
      what: `disk for each of ${many} passports, all in`,
      unit: 'B',
      measured: once(large.diskBytes / large.names),
      gate: 1_600,
      against: 'the files of the store: record, log, map and index',
      parts: parts('disk', 'MiB', (one) => one.diskBytes / MiB),
    },
    started(
      'G4',
      `start to first answer at ${many} passports`,
      'startQuick',
      'the store’s head and witness checked, as `"check": "quick"` says',
    ),
    started('G4-full', `the same, every value of the store checked`, 'startFull', 'as `"check": "full"` says'),
    {
      id: 'G5',
      what: `one act of a full batch, with its checkpoint, at ${many} passports`,
      unit: `× at ${small.names.toLocaleString('en')}`,
      measured: once(large.batchAct / small.batchAct),
      gate: 1.1,
      against: 'the same at the smaller size; proved, sequenced, checked, signed, synced',
      parts: [
        ...parts('one act', 'µs', (one) => one.batchAct),
        ...parts('acts in a batch', '', (one) => one.batchActs),
      ],
    },
    {
      id: 'G5-proof',
      what: `hashes of one proof by map and log, at ${many} passports`,
      unit: 'B',
      measured: once(large.proofHashes),
      gate: 2 * 32 * Math.ceil(Math.log2(large.names)),
      against: '32 ⌈log2 n⌉ each for map and log',
      parts: parts('one proof', 'B', (one) => one.proofHashes),
    },
    sized('G6', `whole resolution at ${many} passports, packed`, 8, (one) => one.bodyPacked),
    sized('G6-proofs', 'its proofs alone, packed', 4, (one) => one.proofsPacked),
    {
      id: 'G7',
      what: `a mirror catches up with ${large.mirroredActs.toLocaleString('en')} acts, verified, at ${many} passports`,
      unit: '÷ (1 / (k·V))',
      measured: once((large.mirrored * signatures * large.cpu.verify.median) / 1e6),
      gate: 0.6,
      atLeast: true,
      against: `acts per second of its CPU against 1 / (${signatures} V)`,
      parts: parts('acts per CPU second', '/s', (one) => one.mirrored),
      note: `at ${small.names.toLocaleString('en')} from nothing, at ${many} from a copy that fell behind`,
    },
  ]

  function started(id: string, what: string, of: 'startQuick' | 'startFull', note: string): Row {
    return {
      id,
      what,
      unit: 'ms',
      measured: large[of],
      gate: large.names >= 1e6 ? 1_500 : 500,
      against: 'the clock',
      parts: parts('start', 'ms', (one) => one[of].median),
      note,
    }
  }

  function sized(id: string, what: string, gate: number, of: (one: Milestone) => number): Row {
    return {
      id,
      what,
      unit: 'KB',
      measured: once(of(large) / 1000),
      gate,
      against: 'gzip at its default',
      parts: [...parts('packed', 'B', of), ...parts('as it is', 'B', (one) => one.body)],
    }
  }
}

function spread({ median, least, most }: Figure, of: (value: number) => number): Figure {
  return { median: of(median), least: of(least), most: of(most) }
}
