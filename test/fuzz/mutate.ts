import type { Draw } from '../draws.ts'

/** Changes an input a little; `other` is another one to borrow from. */
export type Mutate = (input: Uint8Array, other: Uint8Array, draw: Draw) => Uint8Array

/** Bytes of an input at most: what parsers refuse by length alone says nothing more when it is longer. */
export const inputBytes = 64 * 1024

/** One to four changes of bytes, one upon another. */
export function mutateBytes(words: readonly string[]): Mutate {
  const known = [...words, ...everyday].map((word) => Buffer.from(word))
  return (input, other, draw) => {
    let bytes: Buffer = Buffer.from(input)
    for (let changes = 1 + draw(2) * draw(4); changes > 0; changes--) bytes = change(bytes, other, known, draw)
    return bytes.subarray(0, inputBytes)
  }
}

function change(bytes: Buffer, other: Uint8Array, words: readonly Buffer[], draw: Draw): Buffer {
  const at = draw(bytes.length + 1)
  const length = 1 + draw(draw(2) ? 4 : Math.min(64, bytes.length + 1))
  const word = words[draw(words.length)] ?? Buffer.of(0)
  const borrowed = Buffer.from(other)
    .subarray(draw(other.length + 1))
    .subarray(0, length)
  switch (draw(10)) {
    case 0:
      return splice(bytes, at, 1, Buffer.of((bytes[at] ?? 0) ^ (1 << draw(8))))
    case 1:
      return splice(bytes, at, 1, Buffer.of(draw(256)))
    case 2:
      return splice(bytes, at, 1, Buffer.of(0x20 + draw(0x5f)))
    case 3:
      return splice(bytes, at, 0, Buffer.of(draw(2) ? 0x20 + draw(0x5f) : draw(256)))
    case 4:
      return splice(bytes, at, length, Buffer.alloc(0))
    case 5:
      return splice(bytes, at, 0, bytes.subarray(draw(bytes.length + 1)).subarray(0, length))
    case 6:
      return splice(bytes, at, draw(2) ? 0 : word.length, word)
    case 7:
      return splice(bytes, at, draw(2) ? 0 : borrowed.length, borrowed)
    case 8:
      return splice(bytes, at, 1, Buffer.of(((bytes[at] ?? 0) + (draw(2) ? 1 : 255)) & 255))
    default:
      return draw(4) ? splice(bytes, at, 2, Buffer.from([bytes[at + 1] ?? 0, bytes[at] ?? 0])) : bytes.subarray(0, at)
  }
}

function splice(bytes: Buffer, at: number, gone: number, put: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + gone)])
}

/** What parsers of any kind trip over. */
const everyday = [
  ...['', '\0', '\n', '\r\n', '\n\n', '"', '""', '\\', '\\u0000', '\\ud800', '\ufeff', '\u2028', 'ı', 'é', '😀'],
  ...[
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '{}',
    '[]',
    '[[[[[[[[',
    '=',
    ';',
    '%00',
    '%2e%2e',
    '../',
    '__proto__',
    'constructor',
  ],
  ...['0', '-0', '1.0', '1e400', '9007199254740992', '-1', '2147483648', 'null', 'true', 'NaN', 'A'.repeat(64)],
]
