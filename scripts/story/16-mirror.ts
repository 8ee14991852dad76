import { ProtocolError } from '@dcann/protocol/errors'
import { createResolver } from '@dcann/sdk/resolver'
import { type Act, insist } from './stage.ts'

/** The registry is stopped, and whoever has never asked before resolves at the newspaper. */
export const mirror: Act = async ({ federation, left }) => {
  const { cast, registry, witnesses } = federation
  const [, newspaper] = witnesses
  insist(newspaper !== undefined, 'nobody mirrors the zones')
  await federation.othersReady
  const pid = registry.pid()
  await registry.end()
  const resolver = await createResolver({
    world: federation.world(),
    pinned: cast.root.signed,
    registries: [registry.url, newspaper.url],
  })
  const found = await resolver.resolvePassport(left.identifier)
  const absent = await resolver.resolveName('EE/node/nobody')
  const silent = await registryAnswers(registry.url)
  await registry.again()
  insist(!silent, 'the registry was not stopped')
  insist(found.kind === 'passport' && found.home?.node.payload.name === 'EE/node/tallinn', 'she resolves elsewhere')
  insist(found.passport.proof === 'cosigned' && absent.record === undefined, 'the mirror was believed without a proof')
  return {
    claim: 'The registry is stopped; a newspaper that replays its zones resolves her, trusted by nobody.',
    proof: [
      `pid ${pid} stopped · at home at EE/node/tallinn, ${found.passport.proof} · absent names are proved as well`,
    ],
    check: {
      command: `curl -s ${newspaper.url}/v1/zones/IN/checkpoint`,
      expect: /^— (?:newspaper|university)\.example/mu,
      byOthers: true,
    },
  }
}

async function registryAnswers(url: string): Promise<boolean> {
  return await fetch(`${url}/v1/zones`).then(
    () => true,
    (error: unknown) => error instanceof ProtocolError,
  )
}
