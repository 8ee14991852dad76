import { signedSchema } from '@dcann/protocol/signed'
import { json, shelf } from '@dcann/store/shelf'

/** Offers that this gateway signed, by record id. */
export const offers = shelf(
  'offers',
  json((value) => signedSchema.parse(value)),
)
