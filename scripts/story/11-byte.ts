import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Act, insist, root, run } from './stage.ts'

/** One byte of the evidence changed. */
export const byte: Act = async ({ folder, hers }) => {
  const file = join(root, folder, 'evidence.json')
  const bytes = readFileSync(file)
  const place = bytes.indexOf('"signature":"', bytes.indexOf('"assertion":{')) + 30
  bytes[place] = bytes[place] === 0x41 ? 0x42 : 0x41
  writeFileSync(join(root, folder, 'evidence-changed.json'), bytes)
  const verify = async (name: string) =>
    await run(process.execPath, [
      join(root, 'packages/cli/bin/dcann.mjs'),
      'verify',
      join(root, folder, name),
      '--home',
      join(root, hers),
      '--json',
    ])
  const [good, bad] = await Promise.all([verify('evidence.json'), verify('evidence-changed.json')])
  insist(good.status === 0, `the evidence does not verify: ${good.err}`)
  const { verdict, links } = JSON.parse(good.out) as { readonly verdict: string; readonly links: readonly unknown[] }
  insist(verdict === 'verified', `the evidence is ${verdict}: no quorum has cosigned all that it rests on`)
  const { link } = JSON.parse(bad.out || '{}') as { readonly link?: string }
  insist(bad.status === 1 && link !== undefined, 'a changed byte went unnoticed')
  return {
    claim: 'The evidence proves itself, offline; one byte of it changed, and the first broken link is named.',
    proof: [`${links.length} links hold, verified: every head cosigned · one byte changed: broken at "${link}"`],
    check: {
      command: `npx --no-install dcann verify ${folder}/evidence-changed.json --home ${hers}`,
      expect: new RegExp(link),
      fails: true,
    },
  }
}
