import { describe, expect, test } from 'vitest'
import { base64, utf8 } from '../bytes.ts'
import { formatSubmission, judgeSubmission, parseSubmission, submittedProofMost } from './add-checkpoint.ts'
import { leafHash, rootOf } from './merkle.ts'
import { consistencyProof, type ReadHash } from './proof.ts'

const leaves = Array.from({ length: 40 }, (_, i) => leafHash(utf8(`entry ${i}`)))
const readHash: ReadHash = (level, index) => rootOf(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level))
const headOf = (size: number) => ({ size, root: rootOf(leaves.slice(0, size)) })
const submissionOf = (old: number, size: number) => ({
  old,
  proof: old === size ? [] : consistencyProof(old, size, readHash),
  checkpoint: 'a checkpoint\n',
})
const refusal = (code: string): unknown => expect.objectContaining({ code })

describe('parseSubmission', () => {
  test('reads what formatSubmission writes, with hashes and without', () => {
    for (const submission of [submissionOf(0, 40), submissionOf(7, 40), submissionOf(40, 40)]) {
      expect(parseSubmission(formatSubmission(submission))).toEqual(submission)
    }
  })

  test('reads a body as the C2SP text lays it out', () => {
    const text = `old 7\n${base64(leaves[0]!)}\n\nexample.com/log\n9\n${base64(leaves[1]!)}\n\n— example.com/log AAAA\n`
    expect(parseSubmission(text)).toMatchObject({ old: 7, proof: [leaves[0]] })
    expect(parseSubmission(text).checkpoint.startsWith('example.com/log\n9\n')).toBe(true)
  })

  test('refuses more hashes than a proof has', () => {
    const proof = Array.from({ length: submittedProofMost + 1 }, () => leaves[0]!)
    const text = formatSubmission({ old: 1, proof, checkpoint: 'x\n' })
    expect(() => parseSubmission(text)).toThrow(refusal('schema-mismatch'))
  })
})

describe('judgeSubmission', () => {
  const judge =
    (...parts: Parameters<typeof judgeSubmission>) =>
    () =>
      judgeSubmission(...parts)

  test('takes every head that extends the one cosigned last, from none on', () => {
    expect(judge(undefined, submissionOf(0, 40), headOf(40))).not.toThrow()
    for (let old = 1; old <= 40; old++) expect(judge(headOf(old), submissionOf(old, 40), headOf(40))).not.toThrow()
  })

  test('says a conflict for another size, with the right one, and for the same size with another root', () => {
    expect(judge(headOf(9), submissionOf(8, 40), headOf(40))).toThrow(
      expect.objectContaining({ code: 'record-stale', facts: { size: 9 } }),
    )
    expect(judge(undefined, submissionOf(8, 40), headOf(40))).toThrow(refusal('record-stale'))
    expect(judge(headOf(9), submissionOf(9, 9), { size: 9, root: headOf(8).root })).toThrow(refusal('record-stale'))
  })

  test('says a head that is smaller than what went before it', () => {
    expect(judge(headOf(9), submissionOf(9, 9), headOf(8))).toThrow(refusal('schema-mismatch'))
  })

  test('says hashes that lead elsewhere, and hashes where none belong', () => {
    const broken = refusal('evidence-broken')
    expect(judge(headOf(9), submissionOf(9, 39), headOf(40))).toThrow(broken)
    expect(judge(headOf(9), submissionOf(9, 40), { size: 40, root: headOf(39).root })).toThrow(broken)
    expect(judge(undefined, { old: 0, proof: [leaves[0]!] }, headOf(40))).toThrow(broken)
    expect(judge(headOf(40), { old: 40, proof: [leaves[0]!] }, headOf(40))).toThrow(broken)
  })
})
