import { pino } from 'pino'

/** All that a log line may say. A field that is not here does not exist; see `allowed`. */
export type LogFields = {
  /** A route's pattern, never a path. */
  readonly route?: string
  readonly method?: string
  readonly code?: string
  readonly status?: number
  readonly ms?: number
  readonly job?: string
  /** What failed, by name: a room, a listener, a setting. */
  readonly part?: string
  readonly host?: string
  readonly port?: number
  readonly pid?: number
  readonly count?: number
  readonly bytes?: number
  readonly version?: string
  readonly signal?: string
  readonly engine?: string
  /** The name of an error class and the code of a system error, such as `TypeError`, `ECONNREFUSED`. */
  readonly error?: string
  readonly errno?: string
  /** Functions and lines that an unexpected error came through; never its message, which may quote a person. */
  readonly where?: readonly string[]
}

/** One logger for a process. `event` is a fixed phrase of the code. */
export type Logger = {
  readonly debug: (event: string, fields?: LogFields) => void
  readonly info: (event: string, fields?: LogFields) => void
  readonly warn: (event: string, fields?: LogFields) => void
  readonly error: (event: string, fields?: LogFields) => void
  /** Whether a debug line would be written; asked before making one on a hot path. */
  readonly verbose: boolean
}

const allowed: Readonly<Record<keyof LogFields, 'string' | 'number' | 'strings'>> = {
  route: 'string',
  method: 'string',
  code: 'string',
  status: 'number',
  ms: 'number',
  job: 'string',
  part: 'string',
  host: 'string',
  port: 'number',
  pid: 'number',
  count: 'number',
  bytes: 'number',
  version: 'string',
  signal: 'string',
  engine: 'string',
  error: 'string',
  errno: 'string',
  where: 'strings',
}

export type LoggerOptions = {
  readonly level?: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** Of the process: `registry`, `vault-node`. */
  readonly name: string
  /** Where lines go; standard output when left out. */
  readonly destination?: { readonly write: (line: string) => void }
}

/** A logger that writes one JSON line per event and drops whatever the allow-list does not name. */
export function createLogger({ level = 'info', name, destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: { name, pid: process.pid },
    messageKey: 'event',
    timestamp: pino.stdTimeFunctions.isoTime,
  }
  const inner = destination ? pino(options, destination) : pino(options)
  const at = (writing: 'debug' | 'info' | 'warn' | 'error') => (event: string, fields?: LogFields) =>
    inner[writing](admitted(fields), plain(event))
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    verbose: inner.isLevelEnabled('debug'),
  }
}

/** What may be said about an error that nobody expected: its class, its system code, where it came from. */
export function errorFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: typeof error }
  const errno = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  const stack = error.stack ?? ''
  // a stack begins with the message, which may imitate a frame
  const at = stack.indexOf(error.message)
  const frames =
    at < 0
      ? []
      : stack
          .slice(at + error.message.length)
          .split('\n')
          .filter((frame) => /^\s+at /.test(frame))
  return {
    error: error.name,
    ...(errno === undefined ? {} : { errno }),
    where: frames.slice(0, 6).map((frame) => frame.trim()),
  }
}

function admitted(fields: LogFields | undefined): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields ?? {})) {
    // a name from outside the type is what is looked for; the record answers undefined for it
    const kind = Object.hasOwn(allowed, name) ? allowed[name as keyof LogFields] : undefined
    if (kind === 'number' && typeof value === 'number') kept[name] = value
    else if (kind === 'string' && typeof value === 'string') kept[name] = plain(value)
    else if (kind === 'strings' && Array.isArray(value))
      kept[name] = value.slice(0, 6).map((item) => plain(String(item)))
  }
  return kept
}

/** Printable ASCII, bounded: nothing in a line can look like another line or move a terminal's cursor. */
function plain(text: string): string {
  return text.slice(0, 200).replace(/[^\x20-\x7e]/g, '?')
}
