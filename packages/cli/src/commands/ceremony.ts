import { join, resolve } from 'node:path'
import { canonicalText } from '@dcann/protocol/canonical'
import { ProtocolError } from '@dcann/protocol/errors'
import { signerFromSeed, type Signer, testSigner } from '@dcann/protocol/key'
import { readAloud, requireHeard } from '@dcann/protocol/read-aloud'
import { rootNoun } from '@dcann/protocol/root'
import { readSigned, type Signed, signPayload } from '@dcann/protocol/signed'
import { formatTime } from '@dcann/protocol/time'
import { instantOf } from '@dcann/sdk/world'
import { need } from '../arguments.ts'
import {
  beginCeremony,
  type Ceremony,
  keepCeremony,
  noted,
  readCeremony,
  recordIn,
  standingBefore,
  textOf,
  transcriptDigest,
} from '../ceremony.ts'
import { defineCommand, type Report } from '../command.ts'
import { describeDraft, describeHands } from '../describe-draft.ts'
import { CommandError, UsageError } from '../failure.ts'
import { writeWhole } from '../folder.ts'
import { readKeyFile } from '../key-file.ts'
import { listOf } from '../plain-words.ts'
import { readRecordFile } from '../record-file.ts'
import type { Given, Options } from '../options.ts'
import { requireTest } from '../requester.ts'
import type { Screen } from '../screen.ts'
import { openOutside, worldOf } from '../settings.ts'
import { missingWords, nothingStands, signingOf } from '../standing.ts'

const steps = ['open', 'sign', 'join', 'close', 'show'] as const

const options = {
  draft: { value: '<file>', says: 'open: the draft of the version, from dcann root draft' },
  before: {
    value: '<file>',
    says: 'open: the version that stands, as a file; asked of a registry without this option',
  },
  key: { value: '<file>', many: true, says: 'sign: the key file to sign with' },
  'test-key': { value: '<label>', many: true, says: 'sign: under a test root, the test key of this label' },
  'passphrase-file': {
    value: '<file>',
    says: 'sign: its first line opens a key that is sealed; else DCANN_PASSPHRASE',
  },
  heard: { value: '<words>', says: 'sign: the words of the text, as they were read aloud to you' },
  add: { value: '<file>', many: true, says: 'join: what a signer has handed back' },
  out: { value: '<file>', says: 'sign: where the signature goes; close: where the signed version goes' },
} as const satisfies Options

type Step = {
  readonly file: string
  readonly given: Given<typeof options>
  readonly folder: string
  readonly screen: Screen
  readonly now: number
}

export const ceremony = defineCommand({
  says: 'Signs a version of the root by people at machines of their own who pass files. open begins it and prints the words to read aloud; sign is for each signer, on a copy of the file; join takes what they hand back; close ends it and prints the transcript and its words. Each step may be given again; show says where it stands and what comes next.',
  takes: ['<open|sign|join|close|show>', '<ceremony file>'],
  options,
  example: 'dcann root ceremony open ceremony.json --draft root.json',
  run: async ({ words: [word = '', file = ''], given, folder, screen }): Promise<Report> => {
    const step = steps.find((one) => one === word)
    if (step === undefined)
      throw new UsageError(`there is no step ${JSON.stringify(word)}; expected ${listOf(steps, 'or')}`)
    const call = { file: resolve(file), given, folder, screen, now: instantOf(worldOf(folder)) }
    return await { open, sign, join: joinSignatures, close, show }[step](call)
  },
})

async function open({ file, given, folder, now }: Step): Promise<Report> {
  const { draft, submitted } = await readRecordFile(need(given.draft, '--draft'))
  if (draft.kind !== 'root') throw new UsageError(`${given.draft} is no version of the root`)
  if (submitted) throw new UsageError(`${given.draft} is signed already; a ceremony begins with a draft`)
  const text = draft.payload
  const before = text.seq === 1 ? null : await versionBefore(given.before, folder)
  const begun: Ceremony = { v: 1, text, before, signed: null, closed: false, transcript: [] }
  // one that no signature could make good is not read to anybody
  await signingOf(recordIn(begun, file), standing(begun, now))
  const { id, words } = textOf(begun)
  const opened = noted(begun, formatTime(now), `opened over version ${text.seq}, record ${id}: ${words}`)
  try {
    await beginCeremony(file, opened)
  } catch (error) {
    if (!(error instanceof CommandError) || error.code !== 'file-exists') throw error
    const there = await readCeremony(file)
    if (textOf(there).id !== id) throw error
  }
  return await report(file, now)
}

/** The version that stands: from a file, where no registry is in reach, else proved from the pinned root. */
async function versionBefore(given: string | undefined, folder: string): Promise<Signed> {
  if (given !== undefined) {
    const { submitted } = await readRecordFile(given)
    if (!submitted) throw new UsageError(`${given} is not signed by anybody`)
    return submitted.signed
  }
  const found = (await openOutside(folder)).resolver.trust.roots().at(-1)
  if (!found) throw new CommandError('not-set-up', 'opening the ceremony: no root is known here')
  return found.signed
}

async function sign({ file, given, screen, now }: Step): Promise<Report> {
  const { key: keys = [], 'test-key': labels = [] } = given
  if (keys.length + labels.length === 0) throw new UsageError('expected --key')
  const there = await readCeremony(file)
  const { id, words } = textOf(there)
  const said = describeDraft({ kind: 'root', payload: there.text }, standing(there, now))
  screen.tell(...said, ...describeBefore(there))
  requireHeard(need(given.heard, '--heard "<the words that were read aloud>"'), id)
  if (labels.length > 0) requireTest(there.text.test, '--key')
  const signers = [
    ...(await Promise.all(keys.map(async (each) => signerFromSeed(await readKeyFile(each, 'signing', given))))),
    ...labels.map(testSigner),
  ]
  const { hands } = await signingOf(recordIn({ ...there, signed: null }, file), standing(there, now))
  const whose = signers.map((signer) => ownOf(signer, hands))
  const signed = await signPayload(rootNoun, there.text, signers)
  const out = given.out ?? join(resolve(file, '..'), `signature-${signers[0]?.kid.slice(0, 8)}.json`)
  await writeSame(out, `${JSON.stringify(signed)}\n`)
  return {
    json: { file: out, record_id: id, words, as: whose },
    lines: [`Heard and signed: ${words}`, `As ${listOf(whose)}. Hand ${out} back to whoever leads the ceremony.`],
  }
}

function ownOf({ key }: Signer, hands: readonly { who: string; set: { keys: readonly string[] } }[]): string {
  const own = hands.find(({ set }) => set.keys.includes(key))
  if (own) return own.who
  throw new ProtocolError('key-unknown', `signing the root: the key ${key} is none of those that may sign it`)
}

/** Ed25519 gives the same signature again, so a step that was cut off can be taken again. */
async function writeSame(file: string, text: string): Promise<void> {
  await writeWhole(resolve(file), text, 0o644)
}

async function joinSignatures({ file, given, now }: Step): Promise<Report> {
  let there = await readCeremony(file)
  if (there.closed) throw new UsageError('the ceremony is closed; a new version has a ceremony of its own')
  const { id } = textOf(there)
  for (const each of need(given.add, '--add')) {
    const { submitted } = await readRecordFile(each)
    if (!submitted) throw new UsageError(`${each} is not signed by anybody`)
    if (canonicalText(submitted.payload) !== canonicalText(there.text)) {
      const other = readAloud(submitted.id)
      there = noted(
        there,
        formatTime(now),
        `refused ${submitted.kids.join(', ')}: signed another text, record ${submitted.id}: ${other}`,
      )
      await keepCeremony(file, there)
      throw new ProtocolError(
        'digest-mismatch',
        `joining ${each}: it signs another text, "${other}", than the one of this ceremony; ask its signer what was on the screen`,
      )
    }
    const known = new Set(there.signed?.signatures.map((one) => one.protected))
    const added = submitted.signed.signatures.filter((one) => !known.has(one.protected))
    if (added.length === 0) continue
    const signatures = [...(there.signed?.signatures ?? []), ...added].sort((a, b) =>
      a.protected < b.protected ? -1 : 1,
    )
    const next = { ...there, signed: { payload: submitted.signed.payload, signatures } }
    // proved before it is kept
    await signingOf(recordIn(next, file), standing(next, now))
    there = noted(
      next,
      formatTime(now),
      `joined ${added.length} signature(s) of record ${id}, by ${submitted.kids.join(', ')}`,
    )
  }
  await keepCeremony(file, there)
  return await report(file, now)
}

async function close({ file, given, now }: Step): Promise<Report> {
  const there = await readCeremony(file)
  const signing = await signingOf(recordIn(there, file), standing(there, now))
  if (!there.signed || !signing.ways.some((hands) => hands.length === 0)) {
    throw new ProtocolError('not-entitled', `closing the ceremony: a signature is missing: ${missingWords(signing)}`)
  }
  const { id } = textOf(there)
  const closed = there.closed
    ? there
    : {
        ...noted(there, formatTime(now), `closed with ${there.signed.signatures.length} signature(s) of record ${id}`),
        closed: true,
      }
  await keepCeremony(file, closed)
  const out = given.out ?? join(resolve(file, '..'), `root-${there.text.seq}.json`)
  await writeSame(out, `${JSON.stringify(there.signed)}\n`)
  const digest = transcriptDigest(closed)
  return {
    json: { file: out, record_id: id, transcript: digest, words: readAloud(digest), lines: closed.transcript },
    lines: [
      ...transcriptLines(closed),
      `The signed version is in ${out}: dcann submit ${out}`,
      'Read the words of the transcript aloud; everybody who has a copy compares, with: dcann root ceremony show <file>',
      `  ${readAloud(digest)}`,
    ],
  }
}

async function show({ file, now }: Step): Promise<Report> {
  return await report(file, now)
}

/** Where it stands and what comes next. */
async function report(file: string, now: number): Promise<Report> {
  const there = await readCeremony(file)
  const { id, words } = textOf(there)
  const signing = await signingOf(recordIn(there, file), standing(there, now))
  const missing = missingWords(signing)
  const digest = transcriptDigest(there)
  return {
    json: {
      file,
      version: there.text.seq,
      record_id: id,
      words,
      missing: signing.ways.map((hands) => hands.map(({ who }) => who)),
      closed: there.closed,
      transcript: digest,
      transcript_words: readAloud(digest),
    },
    lines: [
      ...describeDraft({ kind: 'root', payload: there.text }, standing(there, now)),
      ...describeBefore(there),
      'The text, as it is read aloud:',
      `  ${words}`,
      ...describeHands(signing),
      ...transcriptLines(there),
      'The transcript, as it is read aloud:',
      `  ${readAloud(digest)}`,
      ...next(there, file, missing),
    ],
  }
}

function next({ closed }: Ceremony, file: string, missing: string): string[] {
  if (closed) return ['It is closed.']
  if (missing === '') return [`Nobody is missing. Next: dcann root ceremony close ${file}`]
  return [
    `Missing: ${missing}.`,
    `Next: hand each signer a copy of ${file}, read the words of the text aloud, and have them type what they heard:`,
    '  dcann root ceremony sign <their copy> --key <key file> --heard "<the words>"',
    `Then, with what they hand back: dcann root ceremony join ${file} --add <file>`,
  ]
}

function describeBefore({ before }: Ceremony): string[] {
  return before ? [`It takes the place of record ${readSigned(rootNoun, before).id}.`] : ['Nothing stands before it.']
}

function transcriptLines({ transcript }: Ceremony): string[] {
  return ['Transcript:', ...transcript.map(({ n, at, said }) => `  ${n}. ${at} ${said}`)]
}

function standing(ceremony: Ceremony, now: number): ReturnType<typeof standingBefore> {
  return ceremony.before ? standingBefore(ceremony, now) : nothingStands(now)
}
