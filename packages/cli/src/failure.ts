/** Wrong words on the command line: exit code 2, and the way to `--help`. */
export class UsageError extends Error {
  readonly code = 'usage'
}

/** Codes of what fails on this side of the network, beside those of the protocol. */
export type OwnCode =
  | 'not-set-up'
  | 'file-unreadable'
  | 'file-exists'
  | 'home-exposed'
  | 'passphrase-needed'
  | 'passphrase-wrong'
  | 'wallet-missing'
  | 'wallet-busy'
  | 'not-confirmed'
  | 'not-started'
  | 'test-only'

/** A command that cannot be done, and what to do about it. */
export class CommandError extends Error {
  readonly code: OwnCode

  constructor(code: OwnCode, message: string) {
    super(message)
    this.code = code
  }
}

/** An error as it is told: its message, its code, and perhaps what to do. */
export type Failure = { readonly message: string; readonly code: string; readonly advice: string | undefined }

/** Puts any error in words; one that nobody foresaw as `internal`, with where it came from. */
export function describeFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return { message: String(error), code: 'internal', advice: undefined }
  // codes of our own are lower case; the platform's are not, and name nothing that a user can act on
  const code = 'code' in error && /^[a-z]+(?:-[a-z]+)*$/.test(String(error.code)) ? String(error.code) : 'internal'
  if (code === 'internal') {
    const [what = ''] = error.message.split('\n')
    const where = /^ *at .*$/m.exec(error.stack ?? '')?.[0].trim() ?? 'an unknown place'
    return { message: `this is a fault of dcann itself: ${what} (${where})`, code, advice: undefined }
  }
  return { message: error.message, code, advice: advice[code] }
}

/** What to do, where the message cannot know that it is read at a command line. */
const advice: Readonly<Record<string, string>> = {
  unreachable: 'look whether this machine is online; name other registries with: dcann setup --registry <url>',
  rollback: 'a registry showed less than it did before; ask another one: dcann setup --registry <url>',
  'root-invalid': 'get the root file again from elsewhere, and compare its record id with what others have',
  'record-stale': 'draft it again, from what stands now: dcann <noun> draft <name>',
  stale: 'the registry has not said anything new for a long time; name another: dcann setup --registry <url>',
  'identifier-invalid': 'expected an identifier, a name like EE/node/tallinn, or a handle like 9k3v…@EE/node/tallinn',
  'over-asking': 'ask for what was agreed, or make a new offer: dcann ask',
  'purpose-mismatch': 'name the purpose that was agreed: --purpose',
  'frequency-exceeded': 'the agreement says how often it may be asked; ask later',
  'not-active': 'look at how things stand: dcann agreements, dcann resolve <name>',
  'time-invalid': "look whether this machine's clock is right",
  'signature-expired': "look whether this machine's clock is right",
}
