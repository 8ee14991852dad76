import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Times, ports, pids, durations and what depends on them vary; words, names and shape do not. */
function withoutNumbers(text: string): string {
  return text.replaceAll(/\d+(?:[.,]\d+)*/g, '#').replaceAll(/[ \t]+$/gm, '')
}

/** The transcript that the README shows. */
function transcriptIn(readme: string): string {
  const [, found = ''] = /## What `npm start` prints\n+```text\n([\s\S]*?)\n```/.exec(readme) ?? []
  return found
}

test(
  'npm start -- --exit: tells the story that the README shows, within 60 lines of 100 columns, and ends well',
  { timeout: 180_000 },
  async () => {
    const shown = transcriptIn(readFileSync(new URL('../../README.md', import.meta.url), 'utf8'))
    expect(shown.split('\n').length).toBeGreaterThan(30)
    const { stdout } = await promisify(execFile)(process.execPath, ['scripts/federation.ts', '--exit'], {
      cwd: root,
      env: { ...process.env, DCANN_DEMO_FOLDER: 'demo-of-the-readme-test' },
    })
    const told = stdout.trim()
    expect(withoutNumbers(told).replaceAll('demo-of-the-readme-test', 'demo')).toBe(withoutNumbers(shown))
    const lines = told.replaceAll('demo-of-the-readme-test', 'demo').split('\n')
    expect(lines.length).toBeLessThanOrEqual(60)
    expect(lines.filter((line) => line.length > 100)).toEqual([])
    const [, claims, shownClaims, byOthers] =
      /(\d+) claims, (\d+) shown, (\d+) checked by others' tools/.exec(told) ?? []
    expect(claims).toBe(shownClaims)
    console.log(`readme: ${claims} claims shown, ${byOthers} checked by others' tools`)
    expect(Number(byOthers)).toBeGreaterThanOrEqual(3)
  },
)
