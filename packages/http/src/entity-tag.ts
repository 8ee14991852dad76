import { base64Url, sha256, utf8 } from '@dcann/protocol/bytes'

/** A strong ETag over what decides a body: equal parts mean equal bytes. */
export function entityTag(...parts: readonly string[]): string {
  return `"${base64Url(sha256(utf8(parts.join('\n')))).slice(0, 22)}"`
}

/** Whether a caller that sent this `If-None-Match` has the body already. */
export function isHeld(etag: string, ifNoneMatch: string | undefined): boolean {
  return ifNoneMatch?.split(',').some((each) => each.trim().replace(/^W\//, '') === etag) ?? false
}
