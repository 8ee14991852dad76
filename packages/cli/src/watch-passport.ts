import { ProtocolError } from '@dcann/protocol/errors'
import type { Resolver } from '@dcann/sdk/resolver'
import { isUnreachable } from './settings.ts'

/** What one look said: lines to print, and what is wrong with enough to show it to others. */
export type Looked = { readonly lines: readonly string[]; readonly alarms: readonly object[] }

export type PassportWatch = {
  readonly resolver: Pick<Resolver, 'resolveName'>
  readonly identifier: string
  /** What the last look saw, which outlives the command. */
  readonly kept: { readonly read: () => Promise<string | undefined>; readonly write: (text: string) => Promise<void> }
  /** Takes what stands at the first look for right. */
  readonly accepts: boolean
}

/** Resolves a passport anew each time; whatever is new about it, and whatever a client refuses, is an alarm. */
export function watchPassport({ resolver, identifier, kept, accepts }: PassportWatch): () => Promise<Looked> {
  let accepting = accepts
  return async () => {
    const before = await kept.read()
    try {
      const { record, gone, resolution } = await resolver.resolveName(identifier, { fresh: true })
      const ended =
        gone === true || (record !== undefined && 'status' in record.payload && record.payload.status === 'ended')
      const now = { record: record?.id ?? null, seq: record?.payload.seq ?? 0, ended, resolution }
      const known = before === undefined || accepting ? undefined : (JSON.parse(before) as typeof now)
      accepting = false
      // what has ended is erased two weeks later, as its holder knew
      const isErased = known?.ended === true && gone === true
      if (known && known.record !== now.record && !isErased) {
        const line = `✗ record ${now.seq} of the passport is new (${now.record}); known was record ${known.seq}. If it is not yours, recover now; if it is, say --accept.`
        return {
          lines: [line],
          alarms: [{ code: 'record-new', identifier, before: known.resolution, after: resolution }],
        }
      }
      await kept.write(`${JSON.stringify(now)}\n`)
      const says = gone
        ? 'the passport is erased, as it had ended'
        : `record ${now.seq} of the passport stands, as before`
      return { lines: [says], alarms: [] }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      if (isUnreachable(error)) return { lines: [`no answer: ${error.message}`], alarms: [] }
      const held = before === undefined ? null : (JSON.parse(before) as { resolution: unknown }).resolution
      const { code, message, facts } = error
      return { lines: [`✗ ${code}: ${message}`], alarms: [{ code, message, facts, identifier, before: held }] }
    }
  }
}
