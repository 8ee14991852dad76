import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { houses, rootNoun } from '@dcann/protocol/root'
import { ProtocolError } from '@dcann/protocol/errors'
import { createRegistryClient } from '@dcann/sdk/registry-client'
import { signAfter } from '../../test/cast.ts'
import { type Act, insist, root } from './stage.ts'

/** Four houses hold the root together; one alone is refused. */
export const delegation: Act = async ({ federation, folder }) => {
  const { cast } = federation
  const alone = await signAfter(rootNoun, cast.root, {}, cast.houses.governments, Math.floor(Date.now() / 1000))
  const refused = await createRegistryClient(federation.world(), federation.registry.url)
    .submit(alone.signed)
    .then(
      () => undefined,
      (error: unknown) => error,
    )
  insist(refused instanceof ProtocolError && refused.code === 'not-entitled', 'a root signed by one house was taken')
  const checks = join(root, folder, 'check')
  mkdirSync(checks, { recursive: true })
  const citizen = cast.houses.citizens[0]
  const line = cast.root.signed.signatures.find(({ protected: header }) =>
    Buffer.from(header, 'base64url').includes(citizen?.kid ?? ''),
  )
  insist(citizen !== undefined && line !== undefined, 'the citizens did not sign the root')
  writeFileSync(join(checks, 'root'), `${line.protected}.${cast.root.signed.payload}`)
  writeFileSync(join(checks, 'sig'), Buffer.from(line.signature, 'base64url'))
  writeFileSync(join(checks, 'key'), pem(citizen.key))
  return {
    claim: 'Four houses signed the root, and it delegates IN and EE. One house alone is refused.',
    proof: [`signed by ${houses.join(', ')} · one alone: refused, three are needed`],
    check: {
      command: `(cd ${folder}/check; openssl pkeyutl -verify -pubin -rawin -inkey key -in root -sigfile sig)`,
      expect: /Verified Successfully/,
      byOthers: true,
    },
  }
}

/** An Ed25519 key as other tools read it. */
export function pem(key: string): string {
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(key, 'base64url')])
  return `-----BEGIN PUBLIC KEY-----\n${der.toString('base64')}\n-----END PUBLIC KEY-----\n`
}
