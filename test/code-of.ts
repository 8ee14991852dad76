import { type ErrorCode, ProtocolError } from '@dcann/protocol/errors'

/** The code with which a call is refused, or `admitted`; an error that is no refusal goes on its way. */
export async function codeOf(call: () => unknown): Promise<ErrorCode | 'admitted'> {
  try {
    await call()
    return 'admitted'
  } catch (error) {
    if (error instanceof ProtocolError) return error.code
    throw error
  }
}
