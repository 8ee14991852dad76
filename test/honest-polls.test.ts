import { expect, test } from 'vitest'
import { pollHonestly } from './polls/poll.ts'

test('honest polls raise no alarm, and lies at the end are heard at the first one', async () => {
  const { polls, looked, alarms, caught } = await pollHonestly(600, 20_261_124)
  console.log(`honest polls: ${alarms.length} alarms of ${polls} (${looked})`)
  expect(alarms).toEqual([])
  expect(polls).toBeGreaterThanOrEqual(600)
  expect(caught).toBeDefined()
})
