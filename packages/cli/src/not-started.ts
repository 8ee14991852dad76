import { CommandError } from './failure.ts'
import { isCode } from './folder.ts'

/** A node that does not start says in its own words what is wrong with its settings or its store. */
export async function asSettings<T>(start: () => Promise<T>): Promise<T> {
  try {
    return await start()
  } catch (error) {
    throw (
      portTaken(error) ??
      (error instanceof Error && !('code' in error) ? new CommandError('not-started', error.message) : error)
    )
  }
}

/** What the system says of a port that cannot be had, as something to do. */
function portTaken(error: unknown): CommandError | undefined {
  if (!(error instanceof Error && 'port' in error)) return undefined
  const where = `${'address' in error ? String(error.address) : ''}:${String(error.port)}`
  if (isCode(error, 'EADDRINUSE'))
    return new CommandError(
      'not-started',
      `listening at ${where}: another process has this port; stop it, or set another port`,
    )
  if (isCode(error, 'EACCES'))
    return new CommandError('not-started', `listening at ${where}: this user may not; set a port from 1024 on`)
  return isCode(error, 'EADDRNOTAVAIL')
    ? new CommandError('not-started', `listening at ${where}: this machine has no such address; set another host`)
    : undefined
}
