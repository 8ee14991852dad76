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
  'passphrase-file': { value: '<file>', says: 'its first line opens a key that is sealed; else DCANN_PASSPHRASE' },
} as const satisfies Options

/** Options of every command that says what answers are sealed to. */
export const ofOpener = {
  'sealing-key': { value: '<file>', says: 'the seed that answers are sealed to: 64 hexadecimal characters' },
  'test-sealing-key': { value: '<label>', says: 'under a test root: the test sealing key of this label instead' },
} as const satisfies Options

/** Options of every command that drafts a record. */
export const ofDraft = {
  from: { value: '<file>', says: 'a JSON object of members, as the record has them; options overrule it' },
  out: { value: '<file>', says: 'write the draft there; without it the draft goes to stdout' },
} as const satisfies Options

/** Keys that a record announces. */
export const ofAnnounced = {
  next: { value: '<key>', many: true, says: 'a key to announce before it is used; all that there shall be, or none' },
  'next-digest': { value: '<digest>', many: true, says: 'the same by its digest, which dcann key digest prints' },
} as const satisfies Options

/** A set of keys in a draft. */
export const ofKeySet = {
  key: { value: '<key>', many: true, says: 'a public key, or the key file it belongs to; all that there shall be' },
  threshold: { value: '<n>', says: 'how many of the keys act together; all of them without this option' },
  ...ofAnnounced,
} as const satisfies Options

/** How an operator or a requester is reached. */
export const ofContacts = {
  email: { value: '<address>', says: 'how people reach it' },
  website: { value: '<url>', says: 'the same, https' },
  phone: { value: '<number>', says: 'the same, like +37160000000' },
} as const satisfies Options
