import { join } from 'node:path'
import { sha256, utf8 } from '@dcann/protocol/bytes'
import { formatIdentifier } from '@dcann/protocol/identifier'
import { createVaultClient } from '@dcann/sdk/vault-client'
import { emptyWallet, withNode, withPassport } from '@dcann/sdk/wallet'
import { makeGenesis } from '@dcann/sdk/wallet-documents'
import { controlSigner } from '@dcann/sdk/wallet-keys'
import { readSettings } from '../../packages/cli/src/settings.ts'
import { createWallet } from '../../packages/cli/src/wallet.ts'
import { type Act, insist, root, seedOf } from './stage.ts'

/** Fixed, so that she has the same identifier each time the story is told. */
const birthday = Date.parse('2026-11-23T12:00:00Z') / 1000

/** A passport assigned by IN and at home in EE. */
export const passport: Act = async ({ federation, hers, left, dcann }) => {
  const setUp = dcann('setup', '--root', federation.rootFile, '--registry', federation.registry.url)
  const seed = seedOf(federation)
  const node = federation.cast.nodes.tallinn.record.payload
  let drawn = 0
  const { identifier, genesis } = await makeGenesis(
    {
      now: () => birthday,
      random: (bytes) => sha256(utf8(`${federation.cast.seed}/asha/${drawn++}`)).subarray(0, bytes),
    },
    { zone: 'IN', node, control: controlSigner(seed) },
  )
  const [{ record }] = await Promise.all([createVaultClient(federation.world(), node.url).host(genesis), setUp])
  const files = await createWallet(await readSettings(join(root, hers)), seed, {})
  await files.keep(
    withPassport(withNode(emptyWallet, { name: node.name, url: node.url }), {
      passport: identifier,
      node: node.name,
      genesis: record,
    }),
  )
  const seen = JSON.stringify(await dcann('resolve', identifier))
  insist(seen.includes('EE/node/tallinn'), 'the passport does not resolve to its home')
  left.identifier = identifier
  return {
    claim: 'A passport is born in IN and lives in EE; anybody can resolve it and check the answer.',
    proof: [`${formatIdentifier(identifier)}, which nobody chose · at home at EE/node/tallinn`],
    check: { command: `npx --no-install dcann resolve ${identifier} --home ${hers}`, expect: /EE\/node\/tallinn/ },
  }
}
