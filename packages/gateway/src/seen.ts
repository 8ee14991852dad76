import { base64Url, utf8 } from '@dcann/protocol/bytes'
import type { Seen } from '@dcann/sdk/world'
import { raw, shelf } from '@dcann/store/shelf'
import type { Store } from '@dcann/store/store'

const seen = shelf('seen', raw)

/** What this gateway has seen of registries, kept in its store so that a restart cannot roll it back. */
export function seenInStore(store: Store): Seen {
  const placeOf = (key: string) => seen.at(base64Url(utf8(key)))
  return {
    async read(key) {
      const place = placeOf(key)
      return place.from(await store.read([place.key]))?.value
    },
    async write(key, bytes) {
      await store.commit({ writes: [placeOf(key).put(bytes)] })
    },
  }
}
