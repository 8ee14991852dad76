import type { Instant } from '@dcann/protocol/time'
import { formatTime } from '@dcann/protocol/time'
import { json, shelf } from '@dcann/store/shelf'
import type { Store, Write } from '@dcann/store/store'
import { z } from 'zod'
import { orderOf } from '../evidence/append.ts'
import { endpoints, everybody, stirred } from '../notices/shelf.ts'
import type { World } from '../world.ts'
import { followName } from './shelf.ts'

/** How this node and its operator stand by their own records. */
export type Standing = { readonly node: string; readonly operator: string; readonly operatorName: string }

/** Resolves this node and its operator, past any cache; `undefined` while the node has no record. */
export type ResolveSelf = () => Promise<Standing | undefined>

export type SelfDesk = {
  readonly store: Store
  readonly world: World
  readonly node: string
  readonly resolveSelf: ResolveSelf
}

/** What holders know of it, and whether all of them have been woken for it. */
const selfSchema = z.strictObject({ node: z.string(), operator: z.string(), woken: z.boolean() })
const self = shelf(
  'following/self',
  json((value) => selfSchema.parse(value)),
).at('self')

const pageOf = 128

/**
 * Tells every holder when this node or its operator is suspended, ends or stands again: once, in a list for all of them, since
 * it is about none of them. Returns whether there was anything new; `undefined` while the node has no record.
 *
 * spec: notice#holders
 */
export async function noteSelf(
  { store, world, node, resolveSelf }: SelfDesk,
  now: Instant,
): Promise<boolean | undefined> {
  const standing = await resolveSelf()
  if (!standing) return undefined
  const held = self.from(await store.read([self.key]))
  const both = [...(await followName(store, node)), ...(await followName(store, standing.operatorName))]
  // they are of one zone, which is begun once
  const following = [...new Map(both.map((write) => [write.key, write])).values()]
  const { operatorName: _, ...statuses } = standing
  const isNew = held !== undefined && (held.value.node !== statuses.node || held.value.operator !== statuses.operator)
  if (held === undefined || isNew || following.length > 0) {
    const told = isNew ? [everybody.at(`${orderOf(world)}-node`).put(formatTime(now), 'absent')] : []
    await store.commit({ writes: [self.replace(held, { ...statuses, woken: !isNew }), ...told, ...following] })
  }
  if (isNew || held?.value.woken === false) await wakeEverybody(store, { ...statuses, woken: true }, now)
  return isNew
}

/** Marks whoever wants to be woken; begun anew where it was interrupted. */
async function wakeEverybody(store: Store, after: z.infer<typeof selfSchema>, now: Instant): Promise<void> {
  for (let last: string | undefined, more = true; more;) {
    const found = await store.range(
      endpoints.page([], { limit: pageOf, ...(last === undefined ? {} : { after: last }) }),
    )
    const passports = new Set(found.map((one) => endpoints.entry(one).id[0] ?? ''))
    const writes: Write[] = [...passports].map((passport) => stirred.at(passport).put(formatTime(now)))
    if (writes.length > 0) await store.commit({ writes })
    last = found.at(-1)?.key
    more = found.length === pageOf
  }
  await store.commit({ writes: [self.put(after)] })
}
