import { spawnSync } from 'node:child_process'
import { copyFileSync, constants, mkdirSync } from 'node:fs'

/** A file system of its own in a file, mounted. */
export type Image = {
  readonly mounted: string
  /** What the block device holds at this moment, as a file: no more than was written through to it. */
  readonly copy: (to: string) => void
  readonly unmount: () => void
}

/** Why block images cannot be mounted here, if they cannot. */
export function cannotMount(scratch: string): string | undefined {
  try {
    const image = makeImage(`${scratch}.img`, `${scratch}.mnt`)
    image.unmount()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : 'no loop devices'
  }
}

/** Makes an ext4 file system of so many megabytes in a file and mounts it. */
export function makeImage(file: string, at: string, megabytes = 48): Image {
  run('truncate', ['-s', `${megabytes}M`, file])
  run('mkfs.ext4', ['-q', '-F', '-E', 'lazy_itable_init=0,lazy_journal_init=0', file])
  return mountImage(file, at)
}

/** Mounts an image; one that was cut off has its journal replayed by that. */
export function mountImage(file: string, at: string): Image {
  mkdirSync(at, { recursive: true })
  run('mount', ['-o', 'loop', file, at])
  return {
    mounted: at,
    copy: (to) => copyFileSync(file, to, constants.COPYFILE_FICLONE),
    unmount: () => run('umount', [at]),
  }
}

function run(command: string, args: string[]): void {
  const { error, status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (error) throw new Error(`${command}: it is not on this machine`)
  if (status !== 0) throw new Error(`${command}: ${stderr.trim()}`)
}
