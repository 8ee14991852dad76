/** Whether a text shows a word, as it is or anywhere inside base64url, however deep. */
export function shows(text: string, word: string): boolean {
  if (text.includes(word)) return true
  return [...text.matchAll(/[A-Za-z0-9_-]{16,}/g)].some(([part]) => {
    const inside = Buffer.from(part, 'base64url').toString('latin1')
    return inside.length < part.length && shows(inside, word)
  })
}
