import { requesterNameSchema } from '@dcann/protocol/name'
import type { Offer } from '@dcann/protocol/offer'
import type { RequesterRecord } from '@dcann/protocol/requester'
import {
  isUnwanted,
  purposesReaching,
  refusedAs,
  rememberedSchema,
  standingRefusalSchema,
} from '@dcann/protocol/standing-refusal'
import type { Instant } from '@dcann/protocol/time'
import { json, type Place, shelf } from '@dcann/store/shelf'
import type { Snapshot } from '@dcann/store/store'
import { z } from 'zod'
import { segmentOf } from '../agreements/shelf.ts'

/** What a holder refuses in advance, by purpose. */
export const standing = shelf(
  'refusals/standing',
  json((value) => standingRefusalSchema.parse(value)),
)

const keptSchema = z.strictObject({ ...rememberedSchema.shape, requester: requesterNameSchema })
export type Kept = z.infer<typeof keptSchema>

/** Refused asks, by passport, whom they are remembered of, and purpose. */
export const remembered = shelf(
  'refusals/remembered',
  json((value) => keptSchema.parse(value)),
)

/** Where a refusal of this offer is remembered: for each name of its requester, and each purpose. */
export function rememberedPlaces(
  passport: string,
  names: readonly string[],
  { terms }: Pick<Offer, 'terms'>,
): readonly { readonly who: string; readonly purpose: string; readonly place: Place<Kept> }[] {
  const purposes = [...new Set(terms.map(({ purpose }) => purpose))]
  return names.flatMap((who) =>
    purposes.map((purpose) => ({ who, purpose, place: remembered.at(passport, segmentOf(who), segmentOf(purpose)) })),
  )
}

/** Keys to be read with a snapshot, and what it then says of this offer. */
export function wanting(passport: string, { terms }: Pick<Offer, 'terms'>, requester: RequesterRecord) {
  const standingPlaces = purposesReaching(terms).map((purpose) => standing.at(passport, segmentOf(purpose)))
  const kept = rememberedPlaces(passport, [...new Set(refusedAs(requester))], { terms })
  return {
    keys: [...standingPlaces, ...kept.map(({ place }) => place)].map(({ key }) => key),
    isUnwanted(snapshot: Snapshot, now: Instant): boolean {
      const said = {
        standing: standingPlaces.flatMap((place) => place.from(snapshot)?.value ?? []),
        remembered: kept.flatMap(({ place }) => place.from(snapshot)?.value ?? []),
      }
      return isUnwanted(terms, requester, said, now)
    },
  }
}
