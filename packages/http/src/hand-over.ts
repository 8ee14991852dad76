import { writeSync } from 'node:fs'
import type { Socket } from 'node:net'

/**
 * Bytes of one write at most. `may` cannot be asked inside of a write, and a process can be frozen there: what it lets out
 * on waking is the rest of this piece.
 */
export const pieceBytes = 16 * 1024

/** Milliseconds between attempts when the kernel takes nothing: from the first to the most. */
const pauseLeast = 1
const pauseMost = 16

/**
 * Hands bytes to the kernel through the socket's descriptor and asks `may` before every single write. A stream would queue
 * what the kernel does not take at once and write it later without asking: a process that was frozen meanwhile would let
 * out, on waking, what may not leave any more.
 *
 * Calls `done` once: true when the kernel has every byte; false when `may` said no, the connection failed or was
 * destroyed. Then bytes may have gone, and the caller destroys the connection. Returns false, and does nothing, where a
 * socket has no descriptor (Windows, TLS).
 */
export function handOver(
  socket: Socket,
  bytes: Uint8Array,
  may: () => boolean,
  done: (whole: boolean) => void,
): boolean {
  if (descriptorOf(socket) === undefined) return false
  let at = 0
  let pause = pauseLeast
  const attempt = (): void => {
    for (;;) {
      // read anew each time: the number of a closed descriptor is soon somebody else's connection
      const descriptor = descriptorOf(socket)
      if (descriptor === undefined || !may()) return done(false)
      // the head still waits in the stream; it says nothing about anybody
      const taken = socket.writableLength > 0 ? 0 : take(descriptor, bytes.subarray(at, at + pieceBytes))
      if (taken < 0) return done(false)
      if (taken === 0) break
      at += taken
      pause = pauseLeast
      if (at === bytes.length) return done(true)
    }
    setTimeout(attempt, pause)
    pause = Math.min(pause * 2, pauseMost)
  }
  if (bytes.length === 0) done(true)
  else attempt()
  return true
}

/** Bytes that the kernel took, 0 when its buffer is full, -1 when the connection has failed. */
function take(descriptor: number, bytes: Uint8Array): number {
  try {
    return writeSync(descriptor, bytes)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EAGAIN' ? 0 : -1
  }
}

/** Node says it only here; the handle goes with the socket's destruction, so a number that is there is the socket's own. */
function descriptorOf(socket: Socket): number | undefined {
  if (socket.destroyed || 'encrypted' in socket) return undefined
  const handle: unknown = Reflect.get(socket, '_handle')
  if (typeof handle !== 'object' || handle === null || !('fd' in handle)) return undefined
  return typeof handle.fd === 'number' && handle.fd >= 0 ? handle.fd : undefined
}
