import { pollHonestly } from '../polls/poll.ts'
import { type Battery, hasTime } from './battery.ts'

const floor = 100_000

/** Polls of an honest federation by the monitors of holders and of whoever watches zones: none of them may raise an alarm. */
export const polls: Battery = async ({ count = floor, until, seed, say }) => {
  let next = 0
  const goOn = (done: number): boolean => {
    if (done >= next) {
      say(`${done} polls`)
      next = done + 5_000
    }
    return hasTime({ until })
  }
  const { polls: polled, looked, alarms, caught } = await pollHonestly(count, seed, goOn)
  return { count: polled, of: 'honest polls', floor, looked, failures: alarms, caught }
}
