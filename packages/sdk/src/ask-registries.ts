import { type ErrorCode, ProtocolError, quote } from '@dcann/protocol/errors'
import type { Failed } from './resolved.ts'

/** What came, from whom, and who was asked before in vain. */
export type Answered<T> = { readonly found: T; readonly source: string; readonly failed: readonly Failed[] }

/** Failures of the way, not of the answer: another registry's lie is worth more to whoever reads the error. */
const ofTheWay: readonly ErrorCode[] = ['unreachable', 'unavailable', 'rate-limited', 'internal', 'request-timeout']

/**
 * Asks registries in order until one gives what `ask` accepts. Where `good` says that an answer could be better, the next
 * ones are asked too, and the best so far is taken when none is.
 *
 * Throws what the first that answered wrongly was refused for; `unreachable`, naming each, when none answered.
 */
export async function askRegistries<T>(
  urls: readonly string[],
  doing: string,
  ask: (url: string) => Promise<T>,
  good: (found: T) => boolean = () => true,
): Promise<Answered<T>> {
  const failed: Failed[] = []
  let second: Omit<Answered<T>, 'failed'> | undefined
  let wrong: ProtocolError | undefined
  let again: number | undefined
  for (const url of urls) {
    try {
      const found = await ask(url)
      if (good(found)) return { found, source: url, failed }
      second ??= { found, source: url }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      failed.push({ url, code: error.code })
      const { retry_after: after } = error.facts
      if (typeof after === 'number') again = Math.min(after, again ?? after)
      if (!ofTheWay.includes(error.code)) wrong ??= error
    }
  }
  if (second) return { ...second, failed }
  if (wrong) throw wrong
  throw new ProtocolError(
    'unreachable',
    `${doing}: none of ${urls.length} registries answered (${failed.map(({ url, code }) => `${quote(url)} ${code}`).join(', ')}); try again, or name another registry`,
    { tried: urls.length, ...(again === undefined ? {} : { retry_after: again }) },
  )
}
