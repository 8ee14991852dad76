import { canonicalBytes } from '@dcann/protocol/canonical'
import type { Identifier } from '@dcann/protocol/identifier'
import { entryBytes } from '@dcann/protocol/log/entry'
import { type Tile, tilePath, tileWidth } from '@dcann/protocol/log/tile'
import type { ZoneName } from '@dcann/protocol/name'
import { consistencyAnswer, listAnswer, recordAnswer, zonesAnswer } from '@dcann/protocol/registry-api'
import {
  type PassportResolution,
  passportResolutionSchema,
  type Resolution,
  resolutionSchema,
} from '@dcann/protocol/resolution'
import { type RecordId, type Signed, signedSchema } from '@dcann/protocol/signed'
import type { z } from 'zod'
import { addressBelow, exchange, fetchBytes } from './exchange.ts'
import type { World } from './world.ts'

/** What a registry acknowledges: the record stands, or stood already. */
export type Acknowledged = z.infer<typeof recordAnswer>

/** Kinds of names that a zone lists. Passports are never listed. */
export type ListedKind = 'operator' | 'node' | 'requester'

export type ListPage = { readonly after?: string; readonly limit?: number }

/** A registry's answers as they come, their form checked and nothing proved: `resolver.ts` proves. */
export type RegistryClient = {
  readonly url: string
  /** Hands in a signed record. Throws what the admission rule says, by its code. */
  readonly submit: (record: Signed) => Promise<Acknowledged>
  /** One version of the root; `not-found` when there is none yet. */
  readonly root: (version: number) => Promise<Signed>
  /** A record by its record id. */
  readonly record: (id: RecordId) => Promise<Signed>
  /** What a zone says of one name, with the records behind it. */
  readonly resolution: (zone: ZoneName, name: string) => Promise<Resolution>
  readonly passport: (identifier: Identifier) => Promise<PassportResolution>
  readonly list: (zone: ZoneName, kind: ListedKind, page?: ListPage) => Promise<z.infer<typeof listAnswer>>
  /** What shows the log of a zone at `to` entries to begin with that at `from`; `not-found` when it has fewer. */
  readonly consistency: (zone: ZoneName, from: number, to: number) => Promise<z.infer<typeof consistencyAnswer>>
  /** A tile of a zone's log, or a bundle of its entries; `not-found` when its head does not reach so far. */
  readonly tile: (zone: ZoneName, tile: Tile) => Promise<Uint8Array>
  readonly zones: () => Promise<z.infer<typeof zonesAnswer>['zones']>
}

/** A bundle of the longest entries, each behind its length. */
const tileBytes = tileWidth * (entryBytes + 2)

/**
 * A client of one registry, by its base address.
 *
 * ```ts
 * const { id } = await createRegistryClient(world, 'https://registry.example').submit(signed)
 * ```
 */
export function createRegistryClient(world: Pick<World, 'fetch'>, url: string): RegistryClient {
  const get = async <T>(path: string, answer: z.ZodType<T>): Promise<T> =>
    await exchange(world, { url: addressBelow(url, path), answer })
  return {
    url,
    submit: async (record) =>
      await exchange(world, {
        url: addressBelow(url, '/v1/records'),
        answer: recordAnswer,
        body: canonicalBytes(record),
        headers: { 'content-type': 'application/json' },
      }),
    root: async (version) => await get(`/v1/root/${version}`, signedSchema),
    record: async (id) => await get(`/v1/records/${id}`, signedSchema),
    resolution: async (zone, name) =>
      await get(`/v1/zones/${zone}/record?${new URLSearchParams({ name })}`, resolutionSchema),
    passport: async (identifier) => await get(`/v1/resolve/${identifier}`, passportResolutionSchema),
    list: async (zone, kind, { after, limit } = {}) => {
      const asked = new URLSearchParams({
        kind,
        ...(after === undefined ? {} : { after }),
        ...(limit === undefined ? {} : { limit: String(limit) }),
      })
      return await get(`/v1/zones/${zone}/records?${asked}`, listAnswer)
    },
    consistency: async (zone, from, to) =>
      await get(`/v1/zones/${zone}/consistency?from=${from}&to=${to}`, consistencyAnswer),
    tile: async (zone, tile) =>
      await fetchBytes(world, addressBelow(url, `/v1/zones/${zone}/${tilePath(tile)}`), tileBytes),
    zones: async () => (await get('/v1/zones', zonesAnswer)).zones,
  }
}
