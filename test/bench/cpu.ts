import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/**
 * CPU that a process and its children have used so far, user and system, all threads, in microseconds. On Linux the
 * scheduler's own account in nanoseconds; elsewhere what `ps` says, in hundredths of a second.
 */
export function cpuOf(pid: number): number {
  return process.platform === 'linux' ? scheduled(pid) : printed(pid)
}

function scheduled(pid: number): number {
  let total = 0
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const folder = `/proc/${pid}/task/${task}`
    total += Number(readFileSync(`${folder}/schedstat`, 'utf8').split(' ')[0]) / 1000
    for (const child of childrenOf(folder)) total += scheduled(child)
  }
  return total
}

/** Empty where the kernel keeps no such list. */
function childrenOf(folder: string): number[] {
  try {
    return readFileSync(`${folder}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

function printed(pid: number): number {
  const [seconds = 0, minutes = 0, hours = 0] = execFileSync('ps', ['-o', 'time=', '-p', String(pid)], {
    encoding: 'utf8',
  })
    .trim()
    .split(/[:-]/)
    .map(Number)
    .reverse()
  return ((hours * 60 + minutes) * 60 + seconds) * 1e6
}

/** CPU of this very process, in microseconds. */
export function ownCpu(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}
