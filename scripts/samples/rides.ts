import {
  between,
  daySeconds,
  endDay,
  firstDay,
  iso,
  moved,
  pick,
  seeded,
  tally,
  type Random,
  type Sample,
  wallClock,
} from './sample.ts'

interface Place {
  readonly address: string
  readonly lat: number
  readonly lng: number
}

const pune: readonly Place[] = [
  { address: 'Flat 4, "Sahyadri", Lane 7, Koregaon Park, Pune, Maharashtra 411001, India', lat: 18.5362, lng: 73.8958 },
  { address: 'Tower 2, Blue Lotus IT Park, Kharadi, Pune, Maharashtra 411014, India', lat: 18.5519, lng: 73.9476 },
  { address: '12, Tamarind Road, Camp, Pune, Maharashtra 411001, India', lat: 18.5142, lng: 73.8772 },
  { address: 'Gate 3, Old Mill Market, Shivajinagar, Pune, Maharashtra 411005, India', lat: 18.5308, lng: 73.8475 },
  { address: '"The Banyan House", 88 River Walk, Aundh, Pune, Maharashtra 411007, India', lat: 18.558, lng: 73.8075 },
  { address: 'Station Forecourt, Platform 1 Side, Pune, Maharashtra 411001, India', lat: 18.5289, lng: 73.8744 },
  { address: '5/2, Neem Colony, Kothrud, Pune, Maharashtra 411038, India', lat: 18.5074, lng: 73.8077 },
]
const tallinn: readonly Place[] = [
  { address: 'Männiku põik 14-3, Kalamaja, 10415 Tallinn, Estonia', lat: 59.4485, lng: 24.7334 },
  { address: 'Klaasi 9, Ülemiste, 11415 Tallinn, Estonia', lat: 59.4217, lng: 24.8017 },
  { address: 'Vana-Turu plats 2, Vanalinn, 10140 Tallinn, Estonia', lat: 59.437, lng: 24.7454 },
  { address: 'Reisisadam, D-terminal, uks 2, 10111 Tallinn, Estonia', lat: 59.4441, lng: 24.7689 },
  { address: 'Kohvik "Õunapuu", Pärna 31, Kadriorg, 10127 Tallinn, Estonia', lat: 59.4386, lng: 24.7861 },
  { address: 'Nõmme turg, Jaama tee 18, 11615 Tallinn, Estonia', lat: 59.3866, lng: 24.6862 },
]
const columns =
  'City,Product Type,Trip or Order Status,Request Time,Begin Trip Time,Begin Trip Lat,Begin Trip Lng,Begin Trip Address,' +
  'Dropoff Time,Dropoff Lat,Dropoff Lng,Dropoff Address,Distance (miles),Fare Amount,Fare Currency'

/** The `trips_data.csv` of a ride company: newest first; a commuter in Pune, then somebody in Tallinn who has trams. */
export function makeRides(): Sample {
  const random = seeded(74_656)
  const counts: Record<string, number> = {}
  const rides: string[] = []
  for (let day = firstDay; day < endDay; day += daySeconds) {
    const hours = rideHours(random, day)
    for (const hour of hours) rides.push(makeRide(random, day, hour, counts))
  }
  rides.reverse()
  for (const at of [700, 1400]) {
    rides.splice(at, 0, rides[at] ?? '')
    tally(counts, 'duplicates')
  }
  const faults = rideSpoilings.map(({ fault, spoil }, nth) => {
    const at = rides.findIndex(
      (ride, index) => index >= 120 + nth * 430 && ride.includes(',COMPLETED,') && ride.includes('"'),
    )
    rides[at] = spoil(rides[at] ?? '')
    tally(counts, 'rides taken', -1)
    tally(counts, 'faulty')
    return { line: at + 2, fault }
  })
  return { name: 'trips_data.csv', text: `${[columns, ...rides].join('\n')}\n`, counts, faults }
}

/** To work and back by car in Pune; in Tallinn a few rides a week, and in the last months about four. */
function rideHours(random: Random, day: number): number[] {
  const weekday = new Date(day * 1000).getUTCDay()
  const workday = weekday >= 1 && weekday <= 5
  if (day < moved) {
    if (!workday) return random() < 0.8 ? [11, pick(random, [16, 20, 22])] : []
    const hours = random() < 0.95 ? [9, 18] : []
    return random() < 0.45 ? [...hours, pick(random, [20, 21, 22])] : hours
  }
  const settled = day >= Date.UTC(2026, 7, 25) / 1000
  const chance = settled ? 0.58 : workday ? 0.85 : 0.95
  return random() < chance ? [pick(random, [8, 12, 17, 19, 21])] : []
}

function makeRide(random: Random, day: number, hour: number, counts: Record<string, number>): string {
  const home = day < moved
  const places = home ? pune : tallinn
  const [dwelling, office] = places
  if (dwelling === undefined || office === undefined) throw new Error('a city has a dwelling and an office')
  const commute = home && (hour === 9 || hour === 18)
  const away = pick(random, places.slice(commute ? 1 : 2))
  const other = commute ? office : away
  const [from, to] = hour < 14 ? [dwelling, other] : [other, dwelling]
  const asked = day - wallClock(day) + hour * 3600 + between(random, 0, 3300)
  const head = [home ? 'Pune' : 'Tallinn']
  const product = pick(random, home ? ['Go', 'Go', 'Auto', 'Premier'] : ['Go', 'Comfort', 'Green', 'Green'])
  const currency = home ? 'INR' : 'EUR'
  const dice = random()
  if (dice < 0.015) {
    tally(counts, 'left out')
    const meal = (home ? between(random, 180, 900) : between(random, 9, 32)).toFixed(2)
    return record([
      ...head,
      'Eats Marketplace',
      'COMPLETED',
      clock(asked),
      clock(asked + 1500),
      '',
      '',
      '',
      '',
      '',
      '',
      '',
      '',
      meal,
      currency,
    ])
  }
  if (dice < 0.075) {
    tally(counts, 'rides not taken')
    const status = dice < 0.055 ? 'CANCELED' : 'DRIVER_CANCELED'
    const fee = status === 'CANCELED' && random() < 0.4 ? (home ? '50.00' : '3.50') : '0.00'
    return record([
      ...head,
      product,
      status,
      clock(asked),
      clock(0),
      '',
      '',
      from.address,
      clock(0),
      '',
      '',
      to.address,
      '0.00',
      fee,
      currency,
    ])
  }
  tally(counts, 'rides taken')
  const miles = distance(from, to) * (1.2 + random() / 4)
  const begun = asked + between(random, 90, 660)
  const done = begun + Math.round(miles * (home ? 260 : 170)) + between(random, 60, 420)
  const fare = home ? 35 + miles * between(random, 18, 31) : 2.4 + miles * (1.1 + random() * 0.9)
  const begin = [near(random, from.lat), near(random, from.lng), from.address]
  const end = [near(random, to.lat), near(random, to.lng), to.address]
  const status = dice > 0.995 ? 'FARE_SPLIT' : 'COMPLETED'
  return record([
    ...head,
    product,
    status,
    clock(asked),
    clock(begun),
    ...begin,
    clock(done),
    ...end,
    miles.toFixed(2),
    fare.toFixed(2),
    currency,
  ])
}

function distance(from: Place, to: Place): number {
  const north = (to.lat - from.lat) * 69
  const east = (to.lng - from.lng) * 69 * (from.lat > 40 ? 0.51 : 0.95)
  return 0.4 + Math.sqrt(north * north + east * east)
}

function near(random: Random, degrees: number): string {
  return (degrees + (random() - 0.5) / 1000).toFixed(5)
}

function clock(instant: number): string {
  return `${iso(instant).replace('T', ' ')} +0000 UTC`
}

function record(fields: readonly string[]): string {
  return fields.map((field) => (/[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',')
}

const rideSpoilings: readonly { readonly fault: string; readonly spoil: (ride: string) => string }[] = [
  {
    fault: 'an address is never closed by a quote',
    spoil: (ride) => ride.replace(/(India|Estonia)",(?!.*(?:India|Estonia))/, '$1,'),
  },
  {
    fault: 'the line is cut off after nine fields',
    spoil: (ride) => `${ride.slice(0, ride.indexOf('UTC', ride.lastIndexOf('UTC')))}UTC`,
  },
  {
    fault: 'the request time is not a time',
    spoil: (ride) => ride.replace(/(COMPLETED),[^,]*,[^,]*/, '$1,yesterday,yesterday evening'),
  },
  {
    fault: 'an address goes on behind its closing quote',
    spoil: (ride) => ride.replace(/(India|Estonia)"/, '$1" (back door)'),
  },
]
