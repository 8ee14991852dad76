import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ProtocolError } from '@dcann/protocol/errors'
import { cardSigner, readCard } from '@dcann/sdk/stop-card'
import { createVaultClient } from '@dcann/sdk/vault-client'
import { makeAct } from '@dcann/sdk/wallet-documents'
import { type Act, insist, root, run, type Stage } from './stage.ts'

/** Phone lost: a printed card, anywhere. */
export const card: Act = async (stage) => {
  const { hers, left, dcann, trail, console: ask } = stage
  const code = String((await dcann('card', 'make'))['card'])
  const milliseconds = await stopElsewhere(stage, code)
  const question = { agreement: left.sealed, purpose: 'dpv:PublicBenefit', items: [{ strand: 'wellbeing.mood' }] }
  const { status } = await ask('/v1/queries', question, 'health')
  insist(status === 404, `the health authority is still answered: ${status}`)
  await insistNothingElse(stage, code)
  insist((await trail()).includes('of right narrow'), 'her trail does not say that it was a card')
  return {
    claim: 'Phone lost: a printed card alone, in an empty folder, stops all the rest; it can do no more.',
    proof: [`404 for the health authority after ${milliseconds} ms · with the card nobody reads, lists or resumes`],
    check: { command: `npx --no-install dcann trail --home ${hers}`, expect: /everything; by the key/ },
  }
}

/** On a machine that has never heard of her: the paper, the root file, a registry. */
async function stopElsewhere({ federation }: Stage, code: string): Promise<number> {
  const nowhere = mkdtempSync(join(tmpdir(), 'dcann-nowhere-'))
  try {
    const words = ['--card', code, '--root', federation.rootFile, '--registry', federation.registry.url, '--json']
    const env = { PATH: process.env['PATH'], HOME: nowhere }
    const bin = join(root, 'packages/cli/bin/dcann.mjs')
    const stopped = await run(process.execPath, [bin, 'stop', ...words], { cwd: nowhere, env })
    insist(stopped.status === 0, `the card does not stop: ${stopped.err}`)
    insist(readdirSync(nowhere).length === 0, 'something was kept where the card was used')
    return (JSON.parse(stopped.out) as { readonly effective_after: number }).effective_after
  } finally {
    rmSync(nowhere, { recursive: true })
  }
}

/** Whoever holds the card, and even knows whose it is, does nothing else with it. */
async function insistNothingElse({ federation, left }: Stage, code: string): Promise<void> {
  const by = { from: left.identifier, signer: cardSigner(readCard(code)) }
  const vault = createVaultClient(federation.world(), federation.tallinn.url)
  const outcomes = await Promise.allSettled([
    vault.listAgreements(by),
    vault.readTrail(by),
    vault.listStrands(by),
    vault.listEntries(by, 'mobility.rides'),
  ])
  for (const outcome of outcomes) {
    const refused = outcome.status === 'rejected' && outcome.reason instanceof ProtocolError
    insist(refused && outcome.reason.code === 'key-unknown', 'a card did more than stop')
  }
  const resume = await makeAct(federation.world(), 'resume', left.sealed, by.signer)
  const resumed = await vault.act(resume).catch((error: unknown) => error)
  insist(resumed instanceof ProtocolError && resumed.code === 'not-found', 'a card resumed')
}
