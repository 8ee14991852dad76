import { type ErrorCode } from '@dcann/protocol/errors'
/** The code with which a call is refused, or `admitted`; an error that is no refusal goes on its way. */
export declare function codeOf(call: () => unknown): Promise<ErrorCode | 'admitted'>
