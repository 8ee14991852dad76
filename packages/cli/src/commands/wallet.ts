import { ProtocolError, quote } from '@dcann/protocol/errors'
import { checkBundle } from '@dcann/sdk/wallet-bundle'
import { defineCommand, type Report } from '../command.ts'
import { openOutside } from '../settings.ts'
import { table } from '../wrap.ts'

export const check = defineCommand({
  says: 'Holds what a server of a wallet gives against the bundle that the houses have adopted, file by file. Exit code 1 when it gives another.',
  takes: ['<url>', '<policy/id>'],
  options: {},
  example: 'dcann wallet check https://wallet.example policy/wallet-1',
  run: async ({ words: [at = '', policy = ''], folder }): Promise<Report> => {
    const { resolver, world } = await openOutside(folder)
    const { record: adopted } = await resolver.resolveName(policy, { kind: 'policy', fresh: true })
    if (adopted === undefined)
      throw new ProtocolError('not-active', `checking a wallet: nothing stands under ${quote(policy)}`)
    const checked = await checkBundle(world, { at, policy: adopted, root: resolver.trust.current().payload })
    const { record, digest, files, others } = checked
    return {
      exit: others.length === 0 ? 0 : 1,
      json: checked,
      lines: [
        others.length === 0
          ? `${at} gives the wallet that was adopted.`
          : `${at} gives another wallet than was adopted.`,
        ...table([
          ['Adopted', `${policy}, record ${record}`],
          ['Bundle', digest],
          ['Files', String(files)],
          ...others.map((path) => ['Other', path] as const),
        ]),
      ],
    }
  },
})
