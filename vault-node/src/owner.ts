/** A passport's values share a bucket of keys, so that its erasure can be one bucket's. */
export function ownerOf(key: string): string {
  const [room = '', first = '', second = ''] = key.split('/')
  if (room === 'passports' || room === 'standings' || room === 'strands' || room === 'entries') return first
  if (room === 'invites' && first === 'of') return second
  if (room === 'notices' && first === 'endpoints') return second
  if (room === 'evidence' && (first === 'trail' || first === 'heads')) return second
  return key
}
