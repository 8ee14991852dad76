import { plainFetch } from '../../packages/cli/src/plain-fetch.ts'

/** A call as anybody could make it, and its answer, whole. Rejects when none came. */
export async function call(
  url: string,
  init?: RequestInit,
): Promise<{ readonly status: number; readonly text: string }> {
  const { status, body } = await plainFetch(url, init)
  const reader = body?.getReader()
  const pieces: Uint8Array[] = []
  for (let piece = await reader?.read(); piece?.value !== undefined; piece = await reader?.read())
    pieces.push(piece.value)
  return { status, text: Buffer.concat(pieces).toString() }
}
