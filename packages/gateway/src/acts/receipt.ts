import { type Act, actNoun } from '@dcann/protocol/act'
import { base64Url, sha256, utf8 } from '@dcann/protocol/bytes'
import { canonicalText } from '@dcann/protocol/canonical'
import { ProtocolError } from '@dcann/protocol/errors'
import { readSigned, recordIdSchema } from '@dcann/protocol/signed'
import { parseTime } from '@dcann/protocol/time'
import { makeAct } from '@dcann/sdk/wallet-documents'
import { json, settle, shelf } from '@dcann/store/shelf'
import { z } from 'zod'
import { heldAgreement } from '../agreements/shelf.ts'
import type { ActCall, actAnswer } from '../console/calls.ts'
import { type ActsDesk, sendAct } from './send.ts'
import { acts, owe } from './shelf.ts'

/** Which receipt a reference of the company's stands for. */
const byReference = shelf(
  'acts/by-reference',
  json((value) => z.strictObject({ act: recordIdSchema, says: z.string() }).parse(value)),
)

/**
 * Says to the holder what was given for an agreement: a signed act in its chain, under a reference of the company's own, so
 * that the same again is one receipt. Kept before it is sent; when the vault does not answer it is sent later, and `n` is null
 * until then.
 *
 * Throws `not-found` for an agreement that is not held here, `id-reused` for a reference that stands for something else.
 */
export async function giveReceipt(desk: ActsDesk, { agreement, ...says }: ActCall): Promise<z.infer<typeof actAnswer>> {
  const { store, requester } = desk
  await heldAgreement(desk, agreement)
  const place = byReference.at(agreement, base64Url(sha256(utf8(says.reference))))
  const text = canonicalText(says)
  const act = await settle(async () => {
    const found = place.from(await store.read([place.key]))?.value
    if (found && found.says !== text) {
      throw new ProtocolError('id-reused', 'giving a receipt: its reference stands for another one; give it a new one')
    }
    if (found) return found.act
    // its schema has made it: a member without a value is not there
    const body = says as Act['body']
    const signed = await makeAct(requester.world, 'receipt', agreement, requester.by.signer, body)
    const { id, payload } = readSigned(actNoun, signed)
    const kept = { kind: 'receipt' as const, agreement, signed, at: parseTime(payload.at) }
    await store.commit({ writes: [...owe(id, kept), place.put({ act: id, says: text }, 'absent')] })
    return id
  })
  await sendAct(desk, act)
  const actPlace = acts.at(act)
  return { agreement, act, n: actPlace.from(await store.read([actPlace.key]))?.value.n ?? null }
}
