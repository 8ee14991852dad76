import { type CountryRecord, countryNoun } from '@dcann/protocol/country'
import { type Signer, testSigner } from '@dcann/protocol/key'
import { nodeNoun } from '@dcann/protocol/node'
import { operatorNoun } from '@dcann/protocol/operator'
import { policyNoun } from '@dcann/protocol/policy'
import { formatTime } from '@dcann/protocol/time'
import { judgeAuthorization } from '@dcann/sdk/trust-query'
import { expect } from 'vitest'
import { keySet, signAfter, write } from '../cast.ts'
import { codeOf } from '../code-of.ts'
import type { Setting, Story } from './setting.ts'

/** Story 1, the other way: what was delegated and accredited is tightened by one side, and restored by all. */
export const tightened: Story = {
  claims:
    'one side alone tightens: a node drains itself, the houses hold an operator, the country ends it; nobody alone lets go or restores; the houses adopt a text',
  async tell(setting) {
    const { cast, submit, resolver, world, label } = setting
    const { citizens, technical, companies } = cast.houses
    const { keys } = cast.countries.IN
    const now = (): number => Math.floor(world().now())
    const at = formatTime(now())
    const genesis = { v: 1, seq: 1, prev: null, at } as const
    const signer = (use: string): Signer => testSigner(`tightened/${label}/${use}`)
    const [own, identity, assertion] = [signer('own'), signer('identity'), signer('assertion')]
    const names = { operator: 'IN/operator/second', node: 'IN/node/second', policy: 'policy/fair-use-1' }

    const operator = await write(
      operatorNoun,
      { ...cast.operators.sahyadri.record.payload, ...genesis, ...keySet([own]), name: names.operator },
      [...keys, own],
    )
    await submit(operator.signed)
    const { sealing } = cast.nodes.pune
    const node = await write(
      nodeNoun,
      {
        ...cast.nodes.pune.record.payload,
        ...genesis,
        name: names.node,
        operator: names.operator,
        identity_key: identity.key,
        assertion_key: assertion.key,
        sealing_key: sealing.key,
        next: [],
      },
      [own, identity],
    )
    await submit(node.signed)
    const operates = { entity_id: names.operator, action: 'operate', resource: 'vault-node' }
    const hosts = { entity_id: names.node, action: 'host', resource: 'passports' }
    const may = async (asked: typeof hosts): Promise<boolean> =>
      (await judgeAuthorization(await resolver(), world(), { ...asked, authority_id: 'country/IN' })).authorized
    expect([await may(operates), await may(hosts)]).toEqual([true, true])

    const draining = await signAfter(nodeNoun, node, { status: 'draining' }, [identity], now())
    await submit(draining.signed)
    expect(await may(hosts)).toBe(false)

    await changeCountry(setting, { hold: [names.operator] }, [...citizens, ...technical])
    expect(await may(operates)).toBe(false)
    const renamed = await signAfter(operatorNoun, operator, { legal_name: 'Another' }, [...keys, own], now())
    expect(await codeOf(() => submit(renamed.signed))).toBe('held')
    const both = [...cast.roles.country, ...keys]
    expect(await codeOf(() => changeCountry(setting, { hold: [] }, both))).toBe('held')

    const ended = await signAfter(operatorNoun, operator, { status: 'ended' }, keys, now())
    await submit(ended.signed)
    expect(await codeOf(async () => await (await resolver()).resolveHome(names.node))).toBe('not-active')

    await changeCountry(setting, { hold: [] }, [...both, ...citizens, ...technical])
    for (const alone of [keys, [own]]) {
      const back = await signAfter(operatorNoun, ended, { status: 'active' }, alone, now())
      expect(await codeOf(() => submit(back.signed))).toBe('not-entitled')
    }
    await submit((await signAfter(operatorNoun, ended, { status: 'active' }, [...keys, own], now())).signed)
    await submit((await signAfter(nodeNoun, draining, { status: 'active' }, [own, identity], now())).signed)
    expect([await may(operates), await may(hosts)]).toEqual([true, true])

    const text = {
      ...genesis,
      name: names.policy,
      subject: 'fair-use' as const,
      title: 'Fair use (made up)',
      digest: operator.id,
      urls: ['https://dcann.example/fair-use.md'],
      from: at,
      status: 'adopted' as const,
    }
    const outvoting = await write(policyNoun, text, [...cast.houses.governments, ...companies, ...technical])
    expect(await codeOf(() => submit(outvoting.signed))).toBe('not-entitled')
    const adopted = await write(policyNoun, text, [...citizens, ...companies, ...technical])
    await submit(adopted.signed)
    expect((await (await resolver()).resolveName(names.policy)).record?.id).toBe(adopted.id)
  },
}

/** Changes the record of IN as it stands now. */
async function changeCountry(
  { resolver, submit, world }: Setting,
  change: Partial<CountryRecord>,
  by: readonly Signer[],
): Promise<void> {
  const { record } = await (await resolver()).resolveName('country/IN', { kind: 'country', fresh: true })
  if (!record) throw new Error('telling the story: IN is not delegated')
  await submit((await signAfter(countryNoun, record, change, by, Math.floor(world().now()))).signed)
}
