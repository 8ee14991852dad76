import { concatenate } from '@dcann/protocol/bytes'

/** What a file arrives as: Node's streams and a browser's `File.stream()` are both. */
export type Chunks = AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>

/** Told how many bytes of the file have been worked through so far; the last call tells its size. */
export type OnProgress = (bytes: number) => void

const blockBytes = 64 * 1024

/**
 * The same bytes in blocks of one size (the last is shorter), whatever the sizes in which they came: what is read out of
 * a file cannot depend on how the network or the disk cut it, and no reader pays for a thousand tiny chunks.
 *
 * `onProgress` is called when the reader comes back for more. Leaving early cancels the source.
 */
export async function* readBlocks(
  chunks: Chunks,
  onProgress: OnProgress = () => {},
  size: number = blockBytes,
): AsyncGenerator<Uint8Array, void, undefined> {
  let held: Uint8Array[] = []
  let heldBytes = 0
  let handedOn = 0
  for await (const chunk of iterate(chunks)) {
    let from = 0
    while (heldBytes + chunk.length - from >= size) {
      const upTo = from + size - heldBytes
      yield concatenate(...held, chunk.subarray(from, upTo))
      handedOn += size
      onProgress(handedOn)
      held = []
      heldBytes = 0
      from = upTo
    }
    if (from < chunk.length) {
      // a copy: the source may use its buffer again
      held.push(chunk.slice(from))
      heldBytes += chunk.length - from
    }
  }
  if (heldBytes > 0) {
    yield concatenate(...held)
    onProgress(handedOn + heldBytes)
  }
}

/** The first block, for a look at how the file begins, and all blocks, the first among them. */
export async function peek(
  blocks: AsyncGenerator<Uint8Array, void, undefined>,
): Promise<{ first: Uint8Array; blocks: AsyncGenerator<Uint8Array, void, undefined> }> {
  const { value } = await blocks.next()
  const first = value ?? new Uint8Array(0)
  return { first, blocks: rejoin(first, blocks) }
}

async function* rejoin(
  first: Uint8Array,
  rest: AsyncGenerator<Uint8Array, void, undefined>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield first
    yield* rest
  } finally {
    await rest.return()
  }
}

// Not every browser iterates a ReadableStream; every one gives a reader.
async function* iterate(chunks: Chunks): AsyncGenerator<Uint8Array, void, undefined> {
  if (!('getReader' in chunks)) return yield* chunks
  const reader = chunks.getReader()
  let ended = false
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      yield value
    }
    ended = true
  } finally {
    if (!ended) await reader.cancel().catch(() => {})
    reader.releaseLock()
  }
}
