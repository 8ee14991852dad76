import { type Cast, makeCast } from '../../cast.ts'

/** Passport number `i` of a seed, a cast's time and a time of birth is the same in every run. */
export type Asked = { readonly seed: string; readonly castNow: number; readonly at: number }

/** The cast of a growing zone: no bound of its country holds the births back. */
export async function growingCast({ seed, castNow }: Pick<Asked, 'seed' | 'castNow'>): Promise<Cast> {
  return await makeCast(seed, castNow, { bounds: { passports_per_day: 10_000_000, acts_per_second: 1_000_000 } })
}
