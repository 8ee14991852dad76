import type { Home, Resolved } from '@dcann/sdk/resolved'
import { span } from './plain-words.ts'

type Rows = (readonly [string, string | undefined])[]

/** Where something lives, who runs that, who accredited them. */
export function homeRows({ node, operator, country }: Home): Rows {
  const { name, url, region, status } = node.payload
  return [
    ['Lives at', `${name} in ${region}, ${url}`],
    ['Note', status === 'draining' ? 'this node is giving its passports away and will close' : undefined],
    ['Run by', `${operator.payload.legal_name}, ${operator.payload.name}`],
    ['Accredited', `by ${country.payload.name} until ${operator.payload.valid.until.slice(0, 10)}`],
  ]
}

/** How far an answer is proved and how old it is. */
export function proofRows(
  {
    proof,
    freshness,
    at,
    ttl,
    source,
    failed,
  }: Pick<Resolved<unknown>, 'proof' | 'freshness' | 'at' | 'ttl' | 'source' | 'failed'>,
  now: number,
): Rows {
  return [
    ['Proved', `every signature and rule from the pinned root on; ${proof}: no proof from the zone's log came with it`],
    ['Freshness', `${freshness}: stated ${span(now - at)} ago, to be believed for ${span(ttl)}`],
    ['Asked', source],
    ['In vain', failed.length === 0 ? undefined : failed.map(({ url, code }) => `${url} (${code})`).join(', ')],
  ]
}

/** The same for programs. */
export function homeJson({ node, operator, country, freshness }: Home): object {
  return {
    node: { record_id: node.id, ...node.payload },
    operator: { record_id: operator.id, ...operator.payload },
    country: { record_id: country.id, ...country.payload },
    freshness,
  }
}
