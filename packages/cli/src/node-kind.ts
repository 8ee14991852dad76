import { parseBounded } from '@dcann/protocol/canonical'
import { ProtocolError } from '@dcann/protocol/errors'

/** What kind of node settings are for. */
export type NodeKind = 'registry' | 'vault' | 'gateway'

/** The kind, as members that only one kind has show it. Throws `schema-mismatch` for what is no object. */
export function kindOf(settingsText: string): NodeKind {
  const settings = parseBounded(settingsText)
  if (typeof settings !== 'object' || settings === null)
    throw new ProtocolError('schema-mismatch', 'reading the settings: expected an object')
  return 'zones' in settings || 'follows' in settings ? 'registry' : 'requester' in settings ? 'gateway' : 'vault'
}
