import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Asked, Op } from './floors/primitives.ts'

/** The bare server as a process of its own. */
export type Bare = {
  readonly port: number
  readonly pid: number
  /** From now on it answers so many bytes. */
  readonly answering: (bytes: number) => Promise<void>
  readonly end: () => void
}

export async function startBare(): Promise<Bare> {
  const child = begin('bare')
  const port = await heard(child, 'number')
  return {
    port,
    pid: child.pid ?? 0,
    async answering(bytes) {
      child.send(bytes)
      await once(child, 'message')
    },
    end: () => child.disconnect(),
  }
}

/** The primitives as a process of their own; each call gives CPU microseconds of one operation. */
export type Primitives = {
  readonly cost: (op: Op, input?: Omit<Asked, 'op' | 'times'>) => Promise<number>
  readonly end: () => void
}

const often: Readonly<Record<Op, number>> = {
  verify: 2_000,
  sign: 4_000,
  hash: 100_000,
  get: 30_000,
  open: 8_000,
  close: 8_000,
  seal: 800,
  parse: 20_000,
}

export async function startPrimitives(): Promise<Primitives> {
  const child = begin('primitives')
  await once(child, 'message')
  return {
    async cost(op, input = {}) {
      const shorter = Math.max(1, (input.text?.length ?? 0) / 2_000)
      child.send({ op, times: Math.ceil(often[op] / shorter), ...input })
      return await heard(child, 'number')
    },
    end: () => child.disconnect(),
  }
}

function begin(program: string): ChildProcess {
  return fork(fileURLToPath(new URL(`floors/${program}.ts`, import.meta.url)), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
}

async function heard(child: ChildProcess, kind: 'number'): Promise<number> {
  const [said] = (await once(child, 'message')) as unknown[]
  if (typeof said !== kind) throw new Error(`measuring a floor: expected a ${kind}`)
  return Number(said)
}
