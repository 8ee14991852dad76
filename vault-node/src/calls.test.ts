import { memoryStore } from '@dcann/store/memory'
import { expect, test } from 'vitest'
import { createCallDesk } from './calls.ts'
import { openClock } from './clock/clock.ts'
import type { Following } from './following/requesters.ts'

test.each(['/requester/', 'EE/requester/', 'ee/requester/x', 'EE/node/x/requester/y', 'EE/requester/x/y', 'IN'])(
  'createCallDesk: nobody is asked about %s, which is no name of a requester, and it has no keys',
  async (from) => {
    const store = memoryStore()
    const asked: string[] = []
    const decide = async (name: string): Promise<never> => {
      asked.push(name)
      throw new Error('asked')
    }
    // of what follows requesters this reads the decision alone
    const following = { decide } as unknown as Following
    const desk = createCallDesk(store, following, await openClock(store, () => 0))
    const now = 1_790_000_000
    expect(await desk.requesterKeys(from, now)).toEqual([])
    expect(await desk.partyKeys('/v1/evidence')(from, now)).toEqual([])
    expect(asked).toEqual([])
  },
)
