import { ProtocolError, quote } from './errors.ts'
import { type Assurance, type KeptEntry, weakestAssurance } from './entry.ts'
import { formatTime, type Instant, parseTime, timeSchema } from './time.ts'

/** A value computed at the vault, with what it rests on. */
export type Derived = {
  readonly value: string | number | boolean | null
  readonly assurance: Assurance
  /** How many entries it rests on. */
  readonly of: number
  readonly from: string | null
  readonly to: string | null
}

/** A derived claim: a fixed name with a fixed meaning. No operator language crosses the wire. spec: claim */
export type DerivedClaim = {
  readonly name: string
  readonly strand: string
  /** What it means, as the specification prints it. */
  readonly meaning: string
  /** Seconds of event time before `now` that it looks at; `null` for everything. */
  readonly window: number | null
  readonly derive: (entries: readonly KeptEntry[], now: Instant) => Derived
}

const day = 86_400
const ridesWindow = 90 * day

/** Every derived claim there is. */
export const derivedClaims: readonly DerivedClaim[] = [
  {
    name: 'rides_per_week',
    strand: 'mobility.rides',
    meaning:
      'Completed rides in the 90 days before the answer, times 7, over 90; a decimal with one digit, rounded half up.',
    window: ridesWindow,
    derive: deriveRidesPerWeek,
  },
  {
    name: 'age_over_18',
    strand: 'profile.person',
    meaning:
      'Whether the newest profile record states a birth_date of which the eighteenth anniversary has come, in UTC; 29 February counts as 1 March.',
    window: null,
    derive: (entries, now) => deriveAgeOver(18, entries, now),
  },
]

const byName = new Map(derivedClaims.map((claim) => [claim.name, claim]))

/** The derived claim of this name, if it is one; any other name is a member of the entries' bodies. */
export function derivedClaim(name: string): DerivedClaim | undefined {
  return byName.get(name)
}

/** Computes a derived claim over the entries handed in. Throws `schema-mismatch` for a name that is none. */
export function derive(name: string, entries: readonly KeptEntry[], now: Instant): Derived {
  const claim = byName.get(name)
  if (!claim) throw new ProtocolError('schema-mismatch', `deriving ${quote(name)}: it is not a derived claim`)
  return claim.derive(entries, now)
}

function deriveRidesPerWeek(entries: readonly KeptEntry[], now: Instant): Derived {
  const from = now - ridesWindow
  const rides = entries.filter(
    ({ at, moment }) => moment?.driver === 'experience' && parseTime(at) >= from && parseTime(at) < now,
  )
  const tenths = Math.floor((rides.length * 70 + 45) / 90)
  return {
    value: `${Math.floor(tenths / 10)}.${tenths % 10}`,
    assurance: rides.length ? weakestAssurance(rides.map(({ assurance }) => assurance)) : 'self',
    of: rides.length,
    from: formatTime(from),
    to: formatTime(now),
  }
}

function deriveAgeOver(years: number, entries: readonly KeptEntry[], now: Instant): Derived {
  const newest = entries.toSorted((a, b) => (a.at === b.at ? (a.id < b.id ? 1 : -1) : a.at < b.at ? 1 : -1))[0]
  const born = newest?.body['birth_date']
  if (!newest || typeof born !== 'string' || !isDay(born)) {
    return { value: null, assurance: newest?.assurance ?? 'self', of: newest ? 1 : 0, from: null, to: null }
  }
  const [year = 0, month = 1, dayOfMonth = 1] = born.split('-').map(Number)
  const anniversary = Date.UTC(year + years, month - 1, dayOfMonth) / 1000
  return { value: now >= anniversary, assurance: newest.assurance, of: 1, from: newest.at, to: newest.at }
}

/** Whether the text is a day that exists, like 2008-02-29. */
function isDay(text: string): boolean {
  return timeSchema.safeParse(`${text}T00:00:00Z`).success
}
