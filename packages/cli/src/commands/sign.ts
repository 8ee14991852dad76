import { canonicalText } from '@dcann/protocol/canonical'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { signerFromSeed, type Signer, testSigner } from '@dcann/protocol/key'
import { addSignatures, readSigned, type Signed, signPayload } from '@dcann/protocol/signed'
import { defineCommand, type Report } from '../command.ts'
import { describeDraft, describeHands } from '../describe-draft.ts'
import { CommandError, UsageError } from '../failure.ts'
import { readKeyFile } from '../key-file.ts'
import { listOf } from '../plain-words.ts'
import { readRecordFile, type RecordFile, writeRecordFile } from '../record-file.ts'
import { requireTest } from '../requester.ts'
import type { Screen } from '../screen.ts'
import { isTestRecord, standingAround } from '../standing-around.ts'
import { missingWords, type Signing, signingOf, type Standing } from '../standing.ts'

export const sign = defineCommand({
  says: 'Signs a record in a file, after showing what it says and what would change; the signature is added to those of others, in the file. Which of them are still missing, it says afterwards.',
  takes: ['<file>'],
  options: {
    key: { value: '<file>', many: true, says: 'the key file to sign with' },
    'test-key': { value: '<label>', many: true, says: 'under a test root: the test key of this label' },
    'passphrase-file': { value: '<file>', says: 'its first line opens a key that is sealed; else DCANN_PASSPHRASE' },
    add: { value: '<file>', many: true, says: 'take the signatures that another copy of this file has' },
    yes: { says: 'sign without asking' },
    offline: { says: 'ask no registry: who may sign is then not looked at, nor what stands already' },
  },
  example: 'dcann sign operator.json --key country.key',
  run: async ({ words: [file = ''], given, folder, screen }): Promise<Report> => {
    const { key: keys = [], 'test-key': labels = [], add: copies = [] } = given
    if (keys.length + labels.length + copies.length === 0) throw new UsageError('expected --key, --test-key or --add')
    const record = await readRecordFile(file)
    const signers = [
      ...(await Promise.all(keys.map(async (each) => signerFromSeed(await readKeyFile(each, 'signing', given))))),
      ...(await testSigners(labels, folder, record)),
    ]
    const standing = given.offline ? undefined : await standingAround(folder, record.draft)
    const before = standing && (await signingOf(record, standing))
    const said = [
      ...describeDraft(record.draft, standing ?? { held: () => undefined }),
      ...(before ? asWhom(record, signers, before) : []),
    ]
    if (given.yes !== true) await confirm(record, said, signers, screen)
    const signed = await signedBy(await withCopies(record, copies), record, signers)
    // proved before it is kept: a copy may have brought a signature that is none
    const kept = await keep(file, signed, record, standing)
    return {
      json: {
        file,
        name: record.draft.payload.name,
        record_id: kept.record.submitted?.id,
        signatures: signed.signatures.length,
        missing: kept.signing ? namesOf(kept.signing) : null,
      },
      lines: [
        // who was asked has read it
        ...(given.yes === true ? said : []),
        ...(kept.signing
          ? [...describeHands(kept.signing), adviceOn(kept.signing, file)]
          : ['Signed. No registry was asked, so who is missing was not looked at: dcann check']),
      ],
    }
  },
})

async function testSigners(labels: readonly string[], folder: string, record: RecordFile): Promise<Signer[]> {
  if (labels.length === 0) return []
  requireTest(await isTestRecord(folder, record.draft), '--key')
  return labels.map(testSigner)
}

/** Whose keys these are. Refuses one that the rule would not count: its signature would spoil the record. */
function asWhom({ draft, submitted }: RecordFile, signers: readonly Signer[], { hands }: Signing): string[] {
  return signers.map(({ key, kid }) => {
    const own = hands.filter(({ set }) => set.keys.includes(key)).map(({ who }) => who)
    if (own.length === 0) {
      throw new ProtocolError(
        'key-unknown',
        `signing ${quote(draft.payload.name)}: the key ${key} is none of those that may sign it, which are of ${hands.map(({ who }) => who).join(', ')}`,
      )
    }
    if (submitted?.kids.includes(kid)) throw new UsageError(`the key ${key} has signed this already; each signs once`)
    return `Signing as ${listOf(own)}.`
  })
}

async function confirm(
  { draft }: RecordFile,
  said: readonly string[],
  signers: readonly Signer[],
  screen: Screen,
): Promise<void> {
  if (signers.length === 0) return
  if (!screen.interactive) {
    throw new CommandError(
      'not-confirmed',
      'signing: nobody is here to say yes; read it with dcann check, then give --yes',
    )
  }
  screen.tell(...said)
  if (await screen.confirm(`Sign ${draft.payload.name}?`)) return
  throw new CommandError('not-confirmed', 'nothing was signed')
}

/** The signatures of a file and of its copies, each once. */
async function withCopies(
  { submitted, draft, file }: RecordFile,
  copies: readonly string[],
): Promise<Signed | undefined> {
  let signed = submitted?.signed
  for (const copy of copies) {
    const other = (await readRecordFile(copy)).submitted
    if (other === undefined) throw new UsageError(`${copy} is not signed by anybody`)
    if (canonicalText(other.payload) !== canonicalText(draft.payload)) {
      throw new CommandError('file-unreadable', `joining ${copy} with ${file}: they are not the same record`)
    }
    const known = new Set(signed?.signatures.map((one) => one.protected))
    const added = other.signed.signatures.filter((one) => !known.has(one.protected))
    signed = { payload: other.signed.payload, signatures: [...(signed?.signatures ?? []), ...added] }
  }
  return signed
}

async function signedBy(
  signed: Signed | undefined,
  { draft, noun }: RecordFile,
  signers: readonly Signer[],
): Promise<Signed> {
  return signed ? await addSignatures(signed, noun.typ, signers) : await signPayload(noun, draft.payload, signers)
}

async function keep(
  file: string,
  signed: Signed,
  record: RecordFile,
  standing: Standing | undefined,
): Promise<{ readonly record: RecordFile; readonly signing?: Signing }> {
  const submitted = readSigned(record.noun, signed)
  const next = { ...record, submitted }
  const signing = standing && (await signingOf(next, standing))
  await writeRecordFile(file, signed)
  return { record: next, ...(signing ? { signing } : {}) }
}

function namesOf({ ways }: Signing): string[][] {
  return ways.map((hands) => hands.map(({ who }) => who))
}

function adviceOn(signing: Signing, file: string): string {
  const missing = missingWords(signing)
  return missing === '' ? `Nobody is missing: dcann submit ${file}` : `Still missing: ${missing}`
}
