import { admitProposal, type HeldRecords, readProposal, type RecordOf } from '@dcann/protocol/admission'
import type { ErrorCode } from '@dcann/protocol/errors'
import type { NameKind } from '@dcann/protocol/name'
import type { Held } from '@dcann/protocol/record'
import type { Signed } from '@dcann/protocol/signed'
import type { Instant } from '@dcann/protocol/time'
import type { Written } from './cast.ts'
import { codeOf } from './code-of.ts'

/** What a zone holds that has taken in these records, each under its name; of one name the last counts. */
export function holding(...records: readonly Written<RecordOf[NameKind]>[]): HeldRecords {
  const byName = new Map(records.map(({ payload, id }) => [payload.name, { payload, id }]))
  // `as`: a name says which kind of record stands under it
  return <K extends NameKind>(_: K, name: string) => byName.get(name) as Held<RecordOf[K]> | undefined
}

/** The code with which a zone that holds `held` refuses a record, or `admitted`. */
export async function judged(
  held: readonly Written<RecordOf[NameKind]>[],
  proposed: { readonly signed: Signed },
  now: Instant,
): Promise<ErrorCode | 'admitted'> {
  return await codeOf(() => admitProposal(readProposal(proposed.signed), holding(...held), now))
}
