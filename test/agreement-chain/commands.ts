import * as fc from 'fast-check'
import { ProtocolError } from '@dcann/protocol/errors'
import { act, actAgain, type Kind } from './acting.ts'
import { ask, replay } from './asking.ts'
import { anew, crashWhile } from './crashing.ts'
import { decideAt, hasAgreement, isOdd, keepTime, pick } from './expected.ts'
import { grant } from './granting.ts'
import { inspect } from './inspect.ts'
import { day, type Model, type QuestionName, type TermId, type Version } from './model.ts'
import { race } from './racing.ts'
import { changeRecord, type System } from './system.ts'

export type Command = fc.AsyncCommand<Model, System>

/** One command: what it is called, whether it makes sense now, and what it does. Everything is looked at after each. */
function command(
  name: string,
  check: (model: Model) => boolean,
  run: (model: Model, system: System) => Promise<void>,
): Command {
  return {
    check,
    toString: () => name,
    async run(model, system) {
      await run(model, system)
      await inspect(model, system)
    },
  }
}

const full = ['pd:TravelHistory', 'pd:Age', 'pd:Location', 'pd:MentalHealth']

/** What the country's registrar writes into the insurer's record. */
const changes = ['no location', 'no use', 'suspended', 'lapsed', 'another owner', 'as before', 'as before'] as const

function changed(last: Version, what: (typeof changes)[number]): Partial<Version> {
  switch (what) {
    case 'no location':
      return { categories: full.filter((one) => one !== 'pd:Location') }
    case 'no use':
      return { categories: [] }
    case 'suspended':
    case 'lapsed':
      return { status: what }
    case 'another owner':
      return { epoch: last.epoch + 1 }
    case 'as before':
      return { status: 'active', categories: full }
  }
}

async function changeTo(model: Model, system: System, what: (typeof changes)[number]): Promise<void> {
  const { world, network } = system
  const last = pick(model.versions, model.versions.length - 1)
  network.time.pass(1)
  const asOf = Math.floor(world.now())
  const version = { ...last, ...changed(last, what), asOf, since: network.time.monotonic() }
  await changeRecord(system, version)
  model.versions.push(version)
}

/** To the last second of an agreement, or to the first after it. */
async function passUntilTheEnd(
  model: Model,
  { network }: System,
  how: { agreement: number; past: number },
): Promise<void> {
  const { until } = pick(model.agreements, how.agreement)
  const rest = until + how.past - network.time.now()
  if (rest > 0) network.time.pass(rest)
}

/** What the node does in the background: its log, what it follows, what it forgets, its clock. */
async function doJobs(model: Model, system: System): Promise<void> {
  decideAt(model, system)
  try {
    await system.network.round()
    keepTime(model)
  } catch (error) {
    if (!(error instanceof ProtocolError) || !isOdd(model)) throw error
  }
}

/** Every command there is, the frequent ones first. */
export const commands: fc.Arbitrary<Command>[] = (() => {
  const at = fc.nat(3)
  const question = fc.constantFrom<QuestionName>(
    'rate',
    'cities',
    'both',
    'places',
    'tooFar',
    'whole',
    'elsewhere',
    'marketing',
  )
  const kinds = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom<Kind>('pause', 'dispute') },
    { weight: 4, arbitrary: fc.constant<Kind>('resume') },
    { weight: 1, arbitrary: fc.constantFrom<Kind>('revoke', 'retire') },
  )
  const common = fc.constantFrom<QuestionName>('rate', 'both', 'places')
  const named = fc.boolean()
  const commonly = fc.record({ agreement: at, question: common, named })

  const does = <T>(
    name: string,
    how: fc.Arbitrary<T>,
    run: (model: Model, system: System, how: T) => Promise<void>,
    check: (model: Model) => boolean = hasAgreement,
  ): fc.Arbitrary<Command> =>
    how.map((one) => command(`${name}(${JSON.stringify(one)})`, check, (model, system) => run(model, system, one)))

  const grants = does(
    'grant',
    fc.record({
      take: fc.subarray<TermId>(['cities', 'places']),
      days: fc.constantFrom(1, 2, 60),
      over: fc.constantFrom('a new offer' as const, 'the last offer' as const),
      succeeds: fc.option(at, { freq: 2, nil: undefined }),
      sameHandle: fc.boolean(),
    }),
    grant,
    ({ agreements }) => agreements.length < 6,
  )
  const asks = does('ask', fc.record({ agreement: at, question, named }), ask)
  const plainAsks = does('ask', commonly, ask)
  const acts = does('act', fc.record({ agreement: at, kind: kinds }), act)
  const actsAgain = does('actAgain', fc.nat(), actAgain)
  const replays = does(
    'replay',
    fc.record({
      which: fc.nat(3),
      how: fc.constantFrom('bytes' as const, 'bytes' as const, 'id' as const, 'nonce' as const),
    }),
    replay,
    ({ requests }) => requests.length > 0,
  )
  const records = does('record', fc.constantFrom(...changes), changeTo, ({ versions }) => versions.length < 12)
  const passing = does(
    'pass',
    fc.constantFrom(1, 1, 30, 62, 62, 299, 301, 3_600, day, 5 * day),
    async (_, { network }, seconds) => network.time.pass(seconds),
    () => true,
  )
  const untilEnd = does('passUntilTheEnd', fc.record({ agreement: at, past: fc.constantFrom(-1, 0) }), passUntilTheEnd)
  const skews = does(
    'skew',
    fc.constantFrom(0, 0, 0, 0, 120, 200, -120, -4_000, 400, 100_000),
    async (model, _, skew) => void (model.skew = skew),
    () => true,
  )
  const ends = does('anew', fc.constantFrom('crashed' as const, 'restarted' as const), anew, () => true)
  const jobs = does('jobs', fc.constant('one round' as const), doJobs, () => true)
  const races = does(
    'race',
    fc.record({
      agreement: at,
      kind: fc.constantFrom('revoke' as const, 'pause' as const, 'retire' as const),
      questions: fc.tuple(common, common),
      ticks: fc.tuple(fc.nat(12), fc.nat(12), fc.nat(12)),
      elsewhere: fc.tuple(fc.boolean(), fc.boolean()),
    }),
    race,
    (model) => hasAgreement(model) && model.skew === 0,
  )
  const crashes = does(
    'crashWhile',
    fc.record({
      what: fc.constantFrom('ask' as const, 'act' as const),
      when: fc.constantFrom('before' as const, 'after' as const),
      how: commonly,
      kind: fc.constantFrom<Kind>('pause', 'revoke', 'resume'),
    }),
    crashWhile,
    (model) => hasAgreement(model) && !isOdd(model),
  )

  const often = (times: number, one: fc.Arbitrary<Command>): fc.Arbitrary<Command>[] =>
    Array.from({ length: times }, () => one)
  return [
    ...often(3, grants),
    ...often(6, asks),
    ...often(4, plainAsks),
    ...often(3, acts),
    ...often(3, replays),
    ...often(2, records),
    ...often(3, passing),
    ...often(2, races),
    ...often(2, crashes),
    ...often(2, skews),
    untilEnd,
    ends,
    jobs,
    actsAgain,
  ]
})()
