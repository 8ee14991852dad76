import { base64Url } from '@dcann/protocol/bytes'

/** What reaches a vault node from outside, handed in so that tests hand in their own. */
export type World = {
  /** Seconds since 1970, with fractions. */
  readonly now: () => number
  /** Milliseconds of a clock that never goes back. */
  readonly monotonic: () => number
  readonly random: (bytes: number) => Uint8Array
}

/** 16 random bytes in base64url, as salts, nonces and lease names want them. */
export function freshSalt(world: Pick<World, 'random'>): string {
  return base64Url(world.random(16))
}
