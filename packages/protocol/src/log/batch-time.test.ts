import { expect, test } from 'vitest'
import { times } from '../limits.ts'
import { judgeBatchTime } from './batch-time.ts'

const now = 1_790_000_000
const skew = times.nodeSkew
const refused = expect.objectContaining({ code: 'time-invalid' })
const judge = (time: number, before?: number, cosigned?: number) => () =>
  judgeBatchTime(time, { before, cosigned, now })

test('judgeBatchTime takes a time that does not fall, up to both edges of the window', () => {
  for (const good of [judge(now), judge(now, now), judge(now + skew), judge(now - skew, undefined, now), judge(0)]) {
    expect(good).not.toThrow()
  }
})

test('judgeBatchTime refuses one that falls, one ahead, and one from before a cosignature that it came after', () => {
  for (const bad of [judge(now, now + 1), judge(now + skew + 1), judge(now - skew - 1, undefined, now)]) {
    expect(bad).toThrow(refused)
  }
})
