import { defineCommand, type Report } from '../command.ts'
import { describeDraft, describeHands } from '../describe-draft.ts'
import { readRecordFile } from '../record-file.ts'
import { standingAround } from '../standing-around.ts'
import { isStanding, missingWords, signingOf } from '../standing.ts'

export const check = defineCommand({
  says: 'Shows what a record in a file says, who has signed it and who is missing, by the very rule that the registry will ask. Exit code 0 when it would be admitted now, 1 when not.',
  takes: ['<file>'],
  example: 'dcann check operator.json',
  run: async ({ words: [file = ''], folder }): Promise<Report> => {
    const record = await readRecordFile(file)
    const standing = await standingAround(folder, record.draft)
    if (isStanding(record, standing)) {
      const { name, seq } = record.draft.payload
      return {
        json: { name, seq, record_id: record.submitted?.id, complete: true, stands: true, missing: [[]] },
        lines: [`${name}, number ${seq}, stands: this very record is what its zone says of it.`],
      }
    }
    const signing = await signingOf(record, standing)
    const complete = record.submitted !== undefined && signing.ways.some((hands) => hands.length === 0)
    const { name, seq } = record.draft.payload
    return {
      exit: complete ? 0 : 1,
      json: {
        name,
        seq,
        record_id: record.submitted?.id ?? null,
        complete,
        stands: false,
        signed_by: signing.signers,
        missing: signing.ways.map((hands) => hands.map(({ who }) => who)),
      },
      lines: [
        ...describeDraft(record.draft, standing),
        ...describeHands(signing),
        complete
          ? `It would be admitted now: dcann submit ${file}`
          : `Missing: ${missingWords(signing)}. Sign with: dcann sign ${file} --key <key file>`,
      ],
    }
  },
})
