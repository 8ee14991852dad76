import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ProtocolError } from '@dcann/protocol/errors'
import { formatTime } from '@dcann/protocol/time'
import { readRootFile } from '@dcann/sdk/trust'
import { type VerifiedEvidence, verifyEvidence } from '@dcann/sdk/verify-evidence'
import { instantOf } from '@dcann/sdk/world'
import { defineCommand, type Report } from '../command.ts'
import { describeAnswer } from '../describe-answer.ts'
import { CommandError } from '../failure.ts'
import { readIfThere, readNamed } from '../folder.ts'
import { worldOf } from '../settings.ts'
import { table } from '../wrap.ts'

export const verify = defineCommand({
  says: 'Proves an evidence package, link by link, from the pinned root and without network, as of the day it was made.',
  takes: ['<evidence file>'],
  options: { root: { value: '<file>', says: 'a root record instead of the pinned one' } },
  example: 'dcann verify evidence.json --root root.json',
  run: async ({ words: [file = ''], given, folder }): Promise<Report> => {
    const pinned = readRootFile(
      given.root === undefined ? await pinnedRoot(folder) : await readNamed(given.root, 'the root'),
    )
    const bytes = await readFile(resolve(file)).catch(() => {
      throw new CommandError('file-unreadable', `reading the evidence: there is no readable file ${file}`)
    })
    try {
      return describe(await verifyEvidence(new Uint8Array(bytes), pinned, instantOf(worldOf(folder))))
    } catch (error) {
      if (!(error instanceof ProtocolError) || error.code !== 'evidence-broken') throw error
      const link = String(error.facts['link'] ?? 'package')
      return {
        exit: 1,
        json: { verdict: 'broken', link, error: { code: error.code, message: error.message, facts: error.facts } },
        lines: [`✗ ${link}`, `  ${error.message}`, 'Verdict: broken. Nothing in this file may be relied on.'],
      }
    }
  },
})

function describe({ verdict, unvouched, links, assertion, pair, at }: VerifiedEvidence): Report {
  return {
    json: {
      verdict,
      unvouched,
      at: formatTime(at),
      links,
      assertion: assertion.payload,
      agreement: pair.allowance.agreement,
    },
    lines: [
      ...table(links.map(({ link, says }) => [`✓ ${link}`, says])),
      '',
      ...describeAnswer(assertion.payload),
      '',
      `Verdict: ${verdict}, as of ${formatTime(at)}.`,
      verdict === 'verified'
        ? 'Every link holds, and others have cosigned every head that it rests on.'
        : `Every link holds. It is provisional because of these nobody else has cosigned a head in time: ${unvouched.join(', ')}.`,
    ],
  }
}

async function pinnedRoot(folder: string): Promise<string> {
  const text = await readIfThere(join(folder, 'root.json'))
  if (text !== undefined) return text
  throw new CommandError(
    'not-set-up',
    `no root is pinned in ${folder}; give one with --root <file>, or begin with dcann setup`,
  )
}
