import type { FileHead } from './mapping.ts'

/** How a file begins, out of its first block. */
export function readHead(name: string, first: Uint8Array): FileHead {
  return { name, text: new TextDecoder().decode(first.subarray(0, headBytes)) }
}

/** What a file is that cannot be read as text, in a few words; `undefined` for what may be text. */
export function describeBinary(first: Uint8Array): string | undefined {
  const known = binaries.find(({ begins }) => begins.every((byte, at) => first[at] === byte))
  const head = first.subarray(0, headBytes)
  // a stray NUL is forgiven, every other byte NUL is UTF-16
  const zeros = head.reduce((count, byte) => count + (byte === 0 ? 1 : 0), 0)
  if (known === undefined && zeros * 64 <= head.length) return undefined
  return known?.what ?? 'a binary file or text that is not UTF-8'
}

const headBytes = 4096

const binaries = [
  { begins: [0x1f, 0x8b], what: 'a gzip archive' },
  { begins: [0x50, 0x4b, 0x03, 0x04], what: 'a ZIP archive' },
  { begins: [0xff, 0xfe], what: 'UTF-16 text' },
  { begins: [0xfe, 0xff], what: 'UTF-16 text' },
] as const
