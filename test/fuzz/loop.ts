import { setImmediate } from 'node:timers/promises'
import { errorCodes, ProtocolError } from '@dcann/protocol/errors'
import { type Draw, draws } from '../draws.ts'
import type { Coverage } from './coverage.ts'
import { mutateBytes } from './mutate.ts'
import { mutateJson } from './mutate-json.ts'
import type { Target } from './target.ts'

/** An input after which something did not hold: what, and the input itself in base64. */
export type Finding = { readonly target: string; readonly what: string; readonly input: string }

/** What a run of one target came to. */
export type Tally = {
  readonly target: string
  readonly executions: number
  readonly seconds: number
  /** Inputs that the parser took, and that it refused in a declared way. */
  readonly accepted: number
  readonly refused: number
  readonly seeds: number
  /** Inputs kept since they ran what none before them had run. */
  readonly kept: number
  /** Characters of sources that ran, and had not run for another target in the same thread. */
  readonly covered: number
  readonly findings: readonly Finding[]
}

export type LoopOptions = {
  readonly seed: number
  readonly seconds: number
  /** Ends earlier after so many executions. */
  readonly executions?: number
  /** Ends at so many findings; 20 when it is left out. */
  readonly findings?: number
  /** Without it nothing is kept: every input is made from the seeds alone. */
  readonly keep?: boolean
  /** Told of each input before it runs, for whoever watches from outside. */
  readonly onInput?: (input: Uint8Array) => void
}

/** Milliseconds that one input may cost. */
const costMost = 1000
/** Looking at coverage costs as much as running hundreds of small inputs: seldom where little is found, often where much. */
const batches = { least: 32, most: 1024 }

/**
 * Mutates, runs, and keeps what runs something new. Coverage is looked at once per batch; a batch that ran something new
 * is run again one by one to find which of it did.
 */
export async function fuzz(target: Target, coverage: Coverage, options: LoopOptions): Promise<Tally> {
  const {
    seed,
    seconds,
    executions: most = Number.POSITIVE_INFINITY,
    findings: enough = 20,
    keep = true,
    onInput,
  } = options
  const draw = draws(seed)
  const mutate = (target.form === 'json' ? mutateJson : mutateBytes)(target.words ?? [])
  const corpus = [...target.seeds]
  const counts = { executions: 0, accepted: 0, refused: 0 }
  const findings = new Map<string, Finding>()
  const ranBefore = coverage.covered()
  const started = performance.now()
  const elapsed = (): number => (performance.now() - started) / 1000

  const execute = async (input: Uint8Array): Promise<void> => {
    onInput?.(input)
    counts.executions++
    const what = await judge(target, input)
    if (what === 'accepted' || what === 'refused') counts[what]++
    else if (!findings.has(what)) {
      const small = await shrink(target, input, what)
      findings.set(what, { target: target.name, what, input: Buffer.from(small).toString('base64') })
    }
  }

  /** Which of these ran something new: the half that did is run again by its halves. */
  const attribute = async (inputs: readonly Uint8Array[]): Promise<void> => {
    for (const input of inputs) await execute(input)
    const [only] = inputs
    if (inputs.length === 1 && only && coverage.gain() > 0) corpus.push(only)
    if (inputs.length === 1 || !coverage.isNew()) return
    const middle = inputs.length >> 1
    await attribute(inputs.slice(0, middle))
    await attribute(inputs.slice(middle))
  }

  for (const each of target.seeds) await execute(each)
  coverage.gain()
  for (let batch = batches.least; elapsed() < seconds && counts.executions < most && findings.size < enough;) {
    const before = corpus.length
    const inputs = Array.from({ length: batch }, () => mutate(choose(corpus, draw), choose(corpus, draw), draw))
    if (keep) await attribute(inputs)
    else for (const input of inputs) await execute(input)
    batch = corpus.length > before ? Math.max(batches.least, batch >> 1) : Math.min(batches.most, batch * 2)
    await setImmediate()
  }
  return {
    target: target.name,
    ...counts,
    seconds: elapsed(),
    seeds: target.seeds.length,
    kept: corpus.length - target.seeds.length,
    covered: coverage.covered() - ranBefore,
    findings: [...findings.values()],
  }
}

/** Any of them, and half of the time one of those that came last. */
function choose(corpus: readonly Uint8Array[], draw: Draw): Uint8Array {
  const late = Math.max(1, Math.min(corpus.length, 16))
  const at = draw(2) ? draw(corpus.length) : corpus.length - 1 - draw(late)
  return corpus[at] ?? new Uint8Array(0)
}

/** `accepted`, `refused` in a declared way, or what is wrong, in words that are the same for the same fault. */
async function judge({ run }: Target, input: Uint8Array): Promise<string> {
  const begun = performance.now()
  const verdict = await outcomeOf(run, input)
  if (performance.now() - begun < costMost) return verdict
  // perhaps the machine had other things to do: once more, by the clock of this thread
  const before = process.threadCpuUsage()
  await outcomeOf(run, input)
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000 < costMost ? verdict : `slow: it costs more than ${costMost} ms`
}

async function outcomeOf(run: Target['run'], input: Uint8Array): Promise<string> {
  try {
    const running = run(input)
    if (running instanceof Promise) await running
    return 'accepted'
  } catch (error) {
    if (error instanceof ProtocolError)
      return errorCodes.includes(error.code) && error.code !== 'internal' ? 'refused' : `code ${error.code}`
    if (!(error instanceof Error)) return `threw ${typeof error}`
    const place = /\/((?:packages|registry|vault-node|test|node_modules)\/[^\s)]+)/.exec(error.stack ?? '')?.[1]
    return `${error.name}: ${error.message.slice(0, 80).replaceAll(/[0-9]+|["'`].*["'`]/g, '…')} at ${place ?? 'nowhere'}`
  }
}

/** The same fault from fewer bytes: halves, quarters and so on are left out while it still shows. */
async function shrink(target: Target, input: Uint8Array, what: string): Promise<Uint8Array> {
  if (what.startsWith('slow')) return input
  let small = input
  for (let length = small.length >> 1, tries = 0; length > 0 && tries < 500; length >>= 1) {
    for (let at = 0; at + length <= small.length && tries < 500; tries++) {
      const less = Buffer.concat([small.subarray(0, at), small.subarray(at + length)])
      if ((await judge(target, less)) === what) small = less
      else at += length
    }
  }
  return small
}
