import { rootNoun } from '@dcann/protocol/root'
import { readSigned } from '@dcann/protocol/signed'
import type { ZoneName } from '@dcann/protocol/name'
import type { Reader } from '@dcann/store/store'
import type { SharedKeeper } from '../log/database-keeper.ts'
import type { HeadBoard } from '../log/heads.ts'
import { cosignedPlace, headPlace, readHead } from '../log/shelf.ts'
import { currentRecord } from '../records/shelf.ts'

export type RefreshDesk = {
  readonly store: Pick<Reader, 'read'>
  readonly heads: Pick<HeadBoard, 'show' | 'open' | 'underRoot'>
  readonly keeper: SharedKeeper
  readonly zones: readonly ZoneName[]
}

/**
 * Takes in what another process has sequenced: the heads that it has shown, those that witnesses have cosigned since, and
 * the root that says whose lines count. A head that is committed and not kept apart yet is shown by nobody.
 */
export function createRefresh({ store, heads, keeper, zones }: RefreshDesk): () => Promise<void> {
  const known = new Map<string, number>()
  const root = currentRecord('root', 'root')
  const isNew = (key: string, found: { readonly version: number } | undefined): boolean =>
    found !== undefined && known.get(key) !== found.version

  return async () => {
    const places = zones.map((zone) => ({ zone, shown: headPlace(zone), cosigned: cosignedPlace(zone) }))
    const snapshot = await store.read([root.key, ...places.flatMap(({ shown, cosigned }) => [shown.key, cosigned.key])])
    const held = root.from(snapshot)
    if (held && isNew(root.key, held)) {
      heads.underRoot(readSigned(rootNoun, held.value.signed).payload)
      known.set(root.key, held.version)
    }
    const fresh = places.filter(({ shown }) => isNew(shown.key, shown.from(snapshot)))
    if (fresh.length > 0) await keeper.reload()
    for (const { zone, shown } of fresh) {
      const found = shown.from(snapshot)
      if (!found || found.value.checkpoint === null) continue
      const head = readHead(found.value)
      if ((keeper.read()?.get(zone)?.size ?? 0) < head.size) continue
      heads.show(zone, head)
      known.set(shown.key, found.version)
    }
    for (const { zone, cosigned } of places) {
      const found = cosigned.from(snapshot)
      if (!found || !isNew(cosigned.key, found)) continue
      await heads.open(zone)
      known.set(cosigned.key, found.version)
    }
  }
}
