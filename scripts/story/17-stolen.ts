import { canonicalText } from '@dcann/protocol/canonical'
import { keyDigest, testSigner } from '@dcann/protocol/key'
import { cosign, withSignatures } from '@dcann/protocol/log/cosignature'
import { formatNote, parseNote } from '@dcann/protocol/log/note'
import { passportAfter, passportNoun } from '@dcann/protocol/passport'
import { ProtocolError } from '@dcann/protocol/errors'
import { passportResolutionSchema, type Resolution, statementNoun } from '@dcann/protocol/resolution'
import { readSigned, signPayload } from '@dcann/protocol/signed'
import { formatTime } from '@dcann/protocol/time'
import { createResolver } from '@dcann/sdk/resolver'
import type { World } from '@dcann/sdk/world'
import { witnessName } from '../../test/cast.ts'
import { scriptLog } from '../../test/scripted-log.ts'
import { type Act, insist, type Stage } from './stage.ts'

/** Whoever has every key that the registry has online signs a record of hers that moves her to a vault of his. */
export const stolen: Act = async (stage) => {
  const { hers, left } = stage
  const alone = await refusal(stage, false)
  const bought = await refusal(stage, true)
  insist(alone === 'uncosigned', `the thief's head was refused as ${alone}`)
  insist(bought === 'chain-broken', `with a witness bought it was refused as ${bought}`)
  return {
    claim: 'Every online key of the registry is stolen; the thief signs what he likes, and she stays home.',
    proof: [`his record under the zone’s own key: ${alone} · with a witness bought as well: ${bought}`],
    check: {
      command: `npx --no-install dcann resolve ${left.identifier} --home ${hers}`,
      expect: /EE\/node\/tallinn/,
    },
  }
}

/** What a client says that asks the thief. */
async function refusal(stage: Stage, withWitness: boolean): Promise<string> {
  const { cast, registry, witnesses } = stage.federation
  const world = stage.federation.world()
  const forged = await forge(stage, withWitness)
  const at = `${registry.url}/v1/resolve/${stage.left.identifier}`
  const asking: World['fetch'] = async (url, init) => {
    // at a mirror the client would hear the truth, so he keeps it from asking there
    if (witnesses.some((mirror) => url.startsWith(mirror.url))) throw new TypeError('no way there')
    return url === at ? new Response(canonicalText(forged)) : await world.fetch(url, init)
  }
  const resolver = await createResolver({
    world: { ...world, fetch: asking },
    pinned: cast.root.signed,
    registries: [registry.url],
  })
  return await resolver.resolvePassport(stage.left.identifier).then(
    () => 'believed',
    (error: unknown) => (error instanceof ProtocolError ? error.code : String(error)),
  )
}

/** Her passport with a record more, stated, logged and signed by the keys of the zone; cosigned by a witness he has bought. */
async function forge({ federation, left }: Stage, withWitness: boolean): Promise<object> {
  const { cast, registry } = federation
  const thief = testSigner('the thief')
  const now = Math.floor(Date.now() / 1000)
  const honest = passportResolutionSchema.parse(
    await (await fetch(`${registry.url}/v1/resolve/${left.identifier}`)).json(),
  )
  const { zone, name, records } = honest.passport
  const before = readSigned(passportNoun, records.at(-1))
  const home = { node: 'IN/node/pune', key: cast.nodes.pune.identity.key }
  const next = { ...passportAfter(before, { at: formatTime(now), salt: 'AAAAAAAAAAAAAAAAAAAAAA' }), home }
  const record = await signPayload(passportNoun, { ...next, keys: [thief.key], next: [keyDigest(thief.key)] }, [
    thief,
    cast.nodes.pune.identity,
    cast.countries.IN.log,
  ])
  const { id } = readSigned(passportNoun, record)
  const { log } = cast.countries.IN
  const statement = await signPayload(statementNoun, { v: 1, zone, name, record: id, ttl: 60, at: formatTime(now) }, [
    log,
  ])
  const proof = await scriptLog(zone, 'in.dcann.example').prove(new Map([[name, id]]), name, now, log)
  const note = parseNote(proof.head.checkpoint)
  const line = await cosign(note, cast.witnesses.newspaper, witnessName('newspaper'), now)
  const checkpoint = withWitness ? formatNote(withSignatures(note, [line])) : proof.head.checkpoint
  const passport: Resolution = {
    v: 1,
    zone,
    name,
    statement,
    records: [...records, record],
    proof: { ...proof, head: { ...proof.head, checkpoint } },
  }
  return { ...honest, passport }
}
