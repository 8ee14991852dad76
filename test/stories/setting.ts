import { readFileSync } from 'node:fs'
import { checkCharacters } from '@dcann/protocol/identifier'
import type { Signed } from '@dcann/protocol/signed'
import type { Resolver } from '@dcann/sdk/resolver'
import type { World } from '@dcann/sdk/world'
import type { Cast } from '../cast.ts'

/** Where a story is told: in one process without ports, or against real ones. The story cannot tell. */
export type Setting = {
  readonly cast: Cast
  readonly world: () => World
  readonly resolver: () => Promise<Resolver>
  readonly submit: (record: Signed) => Promise<void>
  /** Lets the nodes do what they do in the background, until their evidence logs have signed what happened. */
  readonly settle: () => Promise<void>
  /** Tells people of two settings of one test run apart. */
  readonly label: string
}

/** One story: what it claims, and how it is shown. */
export type Story = { readonly claims: string; readonly tell: (setting: Setting) => Promise<void> }

/** A file of `test/samples`, as chunks. */
export async function* sample(name: string): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(readFileSync(new URL(`../samples/${name}`, import.meta.url)))
}

/** An identifier in form that no passport has: 120 zero bits are nobody's hash. */
export function nobodyIn(zone: string): string {
  const body = zone + '0'.repeat(24)
  return body + checkCharacters(body)
}
