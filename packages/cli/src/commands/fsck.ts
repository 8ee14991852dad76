import { checkVerifyStrict } from '@dcann/protocol/verify-strict'
import { need } from '../arguments.ts'
import { defineCommand, type Report } from '../command.ts'
import { readNamed } from '../folder.ts'
import { kindOf } from '../node-kind.ts'

export const fsck = defineCommand({
  says: 'Checks the store of a stopped registry, vault node or gateway: every value, every chain, every rule.',
  options: { config: { value: '<file>', says: "the node's settings; which kind of node it is, they show" } },
  example: 'dcann fsck --config vault.json',
  run: async ({ given }): Promise<Report> => {
    const file = need(given.config, '--config')
    const lines: string[] = []
    const say = (line: string): void => void lines.push(line)
    await checkVerifyStrict()
    const holds = await checks[kindOf(await readNamed(file, 'the settings'))](file, say)
    return {
      exit: holds ? 0 : 1,
      json: { holds, lines },
      lines: [
        ...lines,
        holds ? 'Everything holds.' : 'Something is wrong: stop here, keep a copy of the folder, restore.',
      ],
    }
  },
})

type Check = (file: string, say: (line: string) => void) => Promise<boolean>

const checks = { registry: checkRegistry, vault: checkVault, gateway: checkGateway } satisfies Record<string, Check>

async function checkRegistry(file: string, say: (line: string) => void): Promise<boolean> {
  const [{ fsck: check }, { readConfig }] = await Promise.all([
    import('@dcann/registry/fsck'),
    import('@dcann/registry/config'),
  ])
  const asked = readConfig(['--config', file])
  return asked.mode !== 'make-key' && (await check(asked.config, say)) === 0
}

async function checkVault(file: string, say: (line: string) => void): Promise<boolean> {
  const [{ fsck: check }, { readConfig }] = await Promise.all([
    import('@dcann/vault-node/main'),
    import('@dcann/vault-node/config'),
  ])
  return await check(readConfig(file), say)
}

async function checkGateway(file: string, say: (line: string) => void): Promise<boolean> {
  const [{ fsck: check }, { readConfig }] = await Promise.all([
    import('@dcann/gateway/fsck'),
    import('@dcann/gateway/config'),
  ])
  return await check(readConfig(file), say)
}
