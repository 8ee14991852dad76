import { settle } from '@dcann/store/shelf'
import type { Store, Write } from '@dcann/store/store'
import type { World } from '../world.ts'
import { appendEvidence, type Happening } from './append.ts'
import { passportHeads } from './shelf.ts'

/**
 * Appends to a passport's own chain, together with other writes that stand or fall with it. `describe` may read the
 * store again at each try; what it describes carries its own expectations.
 */
export async function notePassport(
  { store, world }: { readonly store: Store; readonly world: World },
  happening: Omit<Happening, 'agreement' | 'passport'>,
  writes: readonly Write[] = [],
): Promise<{ readonly n: number }> {
  const place = passportHeads.at(happening.of)
  return await settle(async () => {
    const held = place.from(await store.read([place.key]))
    const { head, writes: appended } = appendEvidence(world, held?.value ?? { n: 0, leaf: null }, {
      ...happening,
      agreement: null,
      passport: happening.of,
    })
    await store.commit({ writes: [place.replace(held, head), ...appended, ...writes] })
    return { n: head.n }
  }, 64)
}
