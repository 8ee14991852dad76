/** An option as `--help` shows it: a switch, unless it takes a value. */
export type Option = {
  /** What stands behind it, like `<url>`; absent for a switch. */
  readonly value?: string
  /** May be given more than once. */
  readonly many?: true
  readonly says: string
}
export type Options = Readonly<Record<string, Option>>

/** What was given, by the name of the option. */
export type Given<O extends Options> = {
  readonly [Name in keyof O]?: O[Name] extends { readonly many: true }
    ? readonly string[]
    : O[Name] extends { readonly value: string }
      ? string
      : true
}

/** Options of every command. */
export const everywhere = {
  home: { value: '<folder>', says: 'where settings and wallet are kept; else DCANN_HOME, else ~/.dcann' },
  json: { says: 'one JSON value on stdout, and nothing else there' },
  help: { says: 'this text' },
} as const satisfies Options

/** Options of every command that opens the wallet. */
export const ofWallet = {
  'passphrase-file': { value: '<file>', says: 'its first line opens the seed; else DCANN_PASSPHRASE' },
} as const satisfies Options

/** Options of every command that a requester gives. */
export const ofRequester = {
  as: { value: '<requester>', says: 'who asks, like EE/requester/insurer' },
  key: { value: '<file>', says: "the requester's seed: 64 hexadecimal characters, readable by you alone" },
  'test-key': { value: '<label>', says: 'under a test root: the test key of this label instead' },
} as const satisfies Options

/** Options of every command that says what answers are sealed to. */
export const ofOpener = {
  'sealing-key': { value: '<file>', says: 'the seed that answers are sealed to: 64 hexadecimal characters' },
  'test-sealing-key': { value: '<label>', says: 'under a test root: the test sealing key of this label instead' },
} as const satisfies Options
