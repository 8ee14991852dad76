import { createVaultClient } from '@dcann/sdk/vault-client'
import { controlSigner } from '@dcann/sdk/wallet-keys'
import type { Entry } from '@dcann/protocol/entry'
import { formatTime } from '@dcann/protocol/time'
import { type Act, insist, seedOf } from './stage.ts'

/** The vault is killed while she writes. */
export const killed: Act = async ({ federation, hers, left }) => {
  const seed = seedOf(federation)
  const by = { from: left.identifier, signer: controlSigner(seed) }
  const vault = createVaultClient(federation.world(), federation.tallinn.url)
  const before = await held()
  const done = { acknowledged: 0, stopped: false }
  const write = async (writer: number): Promise<void> => {
    for (let i = 0; !done.stopped; i++) {
      try {
        const { added } = await vault.addEntries(by, 'interest.searches', [noteOf(writer, i)])
        done.acknowledged += added
      } catch {
        return
      }
    }
  }
  const writers = Array.from({ length: 8 }, (_, i) => write(i))
  while (done.acknowledged < 40) await new Promise((next) => setTimeout(next, 1))
  const pid = federation.tallinn.pid()
  await federation.tallinn.end('SIGKILL')
  done.stopped = true
  const began = performance.now()
  await federation.tallinn.again()
  const milliseconds = Math.round(performance.now() - began)
  await Promise.all(writers)
  const after = await held()
  insist(
    after - before >= done.acknowledged,
    `${done.acknowledged} writes were acknowledged, ${after - before} are there`,
  )
  left.entries += after - before
  return {
    claim: 'The vault is killed in the middle of writing; every acknowledged write is there.',
    proof: [
      `kill -9 of pid ${pid} · back after ${milliseconds} ms, all checked · 0 of ${done.acknowledged} acknowledged writes lost`,
    ],
    check: { command: `npx --no-install dcann passport show --home ${hers}`, expect: /interest\.searches/ },
  }

  async function held(): Promise<number> {
    const { strands } = await vault.listStrands(by)
    return strands.find(({ strand }) => strand.name === 'interest.searches')?.coverage.entries ?? 0
  }
}

function noteOf(writer: number, i: number): Entry {
  return {
    at: formatTime(1_790_000_000 + writer * 100_000 + i),
    body: { query: `note ${writer}-${i}` },
    tags: ['usage.search'],
    moment: { driver: 'intent', channel: 'online' },
    source: 'story',
    assurance: 'self',
    about: 'holder',
  }
}
