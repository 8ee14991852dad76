import { nodeNoun } from '@dcann/protocol/node'
import { operatorNoun } from '@dcann/protocol/operator'
import { type Federation, keys, nth } from './federation.ts'
import { judging } from './judging.ts'
import { type NamedVector, write } from './vector.ts'

export async function nodeVectors({ country, operator, node }: Federation): Promise<NamedVector[]> {
  const { admitted, refused, begins, follows, after } = judging(nodeNoun, 'node', [country, operator], node)
  const [identity, announced] = [nth(keys.identity, 0), nth(keys.identity, 1)]
  const own = [...keys.operator, identity]
  const first = { held: [country, operator] }
  const suspended = await after(keys.country, { status: 'suspended' })
  const draining = await after([identity], { status: 'draining' })
  const other = await write(operatorNoun, { ...operator.payload, name: 'EE/operator/other' }, keys.country)
  const ended = await write(operatorNoun, { ...operator.payload, status: 'suspended' }, keys.country)
  return [
    admitted('first', 'The operator and the identity key together.', node.signed, first),
    admitted(
      'identity-key-announced',
      'The identity key goes to the one announced.',
      await follows([...keys.operator, announced], { identity_key: announced.key }),
    ),
    admitted('node-drains-itself', 'The node tightens alone.', await follows([identity], { status: 'draining' })),
    admitted('country-suspends', 'The country tightens alone.', await follows(keys.country, { status: 'suspended' })),
    admitted(
      'back-from-draining',
      'Operator and node come back from draining.',
      await follows(own, { status: 'active' }, draining),
      { held: [country, operator, draining] },
    ),
    admitted(
      'back-with-the-country',
      'Out of suspension with the country.',
      await follows([...own, ...keys.country], { status: 'active' }, suspended),
      { held: [country, operator, suspended] },
    ),
    refused(
      'without-the-identity-key',
      'An operator alone brings no node.',
      await begins(keys.operator),
      'not-entitled',
      first,
    ),
    refused('without-the-operator', 'A node alone brings itself not.', await begins([identity]), 'not-entitled', first),
    refused(
      'back-without-the-country',
      'Operator and node undo what the country did.',
      await follows(own, { status: 'active' }, suspended),
      'not-entitled',
      { held: [country, operator, suspended] },
    ),
    refused(
      'identity-key-replaced',
      'A new identity key that nobody announced.',
      await follows([...keys.operator, nth(keys.newcomer, 0)], { identity_key: nth(keys.newcomer, 0).key }),
      'not-entitled',
    ),
    refused(
      'one-key-for-two-uses',
      'Identity key and assertion key are one.',
      await begins(own, { assertion_key: identity.key }),
      'key-inadmissible',
      first,
    ),
    refused(
      'sealing-key-of-low-order',
      'What is sealed to the node would be open to everybody.',
      await begins(own, { sealing_key: 'A'.repeat(43) }),
      'key-inadmissible',
      first,
    ),
    refused(
      'another-operator',
      'A node goes to another operator.',
      await follows(own, { operator: 'EE/operator/other' }),
      'rule-broken',
      { held: [country, operator, other, node] },
    ),
    refused('operator-suspended', 'The operator is not accredited now.', node.signed, 'not-active', {
      held: [country, ended],
    }),
    refused('operator-not-held', 'Judged without the operator.', node.signed, 'not-found', { held: [country] }),
    refused('ttl-too-short', 'Less than a minute.', await begins(own, { ttl: 59 }), 'schema-mismatch', first),
    refused(
      'plain-http',
      'An address without TLS that is not this machine.',
      await begins(own, { url: 'http://tallinn.example' }),
      'schema-mismatch',
      first,
    ),
  ]
}
