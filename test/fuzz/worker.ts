import { parentPort, workerData } from 'node:worker_threads'
import { beginCoverage } from './coverage.ts'
import type { Job } from './run.ts'

// `as`: run.ts hands over nothing else
const { targets, options, watched } = workerData as Job

/** Ours, and the parsers that ours stand on; what they have from elsewhere is large and not under test. */
const ours = /\/(?:packages|registry|vault-node)\/|\/test\/fuzz\/targets\//
const theirs = /\/node_modules\/(?:canonicalize|fflate|http-message-sig|structured-headers)\//
const coverage = beginCoverage((url) => url.startsWith('file:') && (ours.test(url) || theirs.test(url)))

const { fuzz } = await import('./loop.ts')
const { loadTarget } = await import('./targets.ts')
const clock = new BigInt64Array(watched, 0, 1)
const length = new Int32Array(watched, 8, 1)
const last = new Uint8Array(watched, 16)

for (const name of targets) {
  const tally = await fuzz(await loadTarget(name), coverage, {
    ...options,
    onInput(input) {
      last.set(input.subarray(0, last.length))
      length[0] = Math.min(input.length, last.length)
      clock[0] = BigInt(Date.now())
    },
  })
  clock[0] = 0n
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
  parentPort?.postMessage(tally)
}
coverage.stop()
