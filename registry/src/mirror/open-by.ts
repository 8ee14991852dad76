import { ProtocolError } from '@dcann/protocol/errors'
import { openCheckpoint, type ProvedCheckpoint } from '@dcann/protocol/log/checkpoint'

/** Opens a checkpoint by whichever of these logs it is of. Throws `key-unknown` when it is of none. */
export async function openBy(
  logs: readonly { readonly origin: string; readonly key: string }[],
  text: string,
): Promise<ProvedCheckpoint> {
  let last: ProtocolError | undefined
  for (const { origin, key } of logs) {
    try {
      return await openCheckpoint(text, { name: origin, key })
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      last = error
    }
  }
  throw last ?? new ProtocolError('key-unknown', 'opening a checkpoint: nobody is known to speak for its zone')
}
