import { base64Url } from '@dcann/protocol/bytes'
import type { LogNamed } from '@dcann/protocol/log/succession'
import type { ZoneName } from '@dcann/protocol/name'
import { askRegistries } from '@dcann/sdk/ask-registries'
import type { World } from '@dcann/sdk/world'
import { fetchHead } from '@dcann/sdk/zone-head'
import type { Members } from './draft-members.ts'
import { wholeNumber } from './option-values.ts'

/** Where the log ends that another takes the place of: as given, else as the zone's own registry shows it now. */
export async function frozenHead(
  world: World,
  zone: ZoneName,
  held: LogNamed | undefined,
  registries: readonly string[],
  key: string | undefined,
  given: string | undefined,
): Promise<Members | undefined> {
  if (given !== undefined) {
    const [size = '', root] = given.split(',')
    return { size: wholeNumber(size, '--frozen'), root }
  }
  if (held === undefined || key === undefined || key === held.log.key) return undefined
  const { found } = await askRegistries(
    registries,
    `asking where the log of ${zone} ends`,
    async (url) => await fetchHead(world, url, zone, held.log),
  )
  return { size: found.size, root: base64Url(found.root) }
}
