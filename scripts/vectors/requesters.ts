import { requesterNoun } from '@dcann/protocol/requester'
import { formatTime } from '@dcann/protocol/time'
import { type Federation, keys, nth } from './federation.ts'
import { judging } from './judging.ts'
import { day, type NamedVector, now } from './vector.ts'

export async function requesterVectors({ country, requester }: Federation): Promise<NamedVector[]> {
  const { admitted, refused, begins, follows, after } = judging(requesterNoun, 'requester', [country], requester)
  const [own, announced] = [nth(keys.requester, 0), nth(keys.requester, 1)]
  const both = [...keys.country, own]
  const first = { held: [country] }
  const ended = await after([own], { status: 'ended' })
  const { control, uses } = requester.payload
  const wider = uses.map((use) => ({ ...use, categories: [...use.categories, 'pd:Health'] }))
  const later = formatTime(now + day)
  const tomorrow = { now: now + day }
  return [
    admitted('registration', 'The registrar, and the requester accepts.', requester.signed, first),
    admitted('requester-drops-uses', 'The requester tightens alone.', await follows([own], { uses: [] })),
    admitted(
      'registrar-bumps-the-epoch',
      'The registrar files a change of control.',
      await follows(keys.country, { control: { ...control, epoch: 2 } }),
    ),
    admitted(
      'keys-announced',
      'Keys go to those announced.',
      await follows([...keys.country, announced], { keys: [announced.key] }),
    ),
    admitted(
      'control-confirmed',
      'Both together say that control is as it was.',
      await follows(both, { control: { ...control, as_of: later }, at: later }),
      tomorrow,
    ),
    refused(
      'without-the-registrar',
      'A requester does not register itself.',
      await begins([own]),
      'not-entitled',
      first,
    ),
    refused(
      'without-acceptance',
      'Nobody is registered without accepting it.',
      await begins(keys.country),
      'not-entitled',
      first,
    ),
    refused('use-widened-alone', 'A requester widens its use.', await follows([own], { uses: wider }), 'not-entitled'),
    refused(
      'active-again-alone',
      'A requester takes its end back.',
      await follows([own], { status: 'active' }, ended),
      'not-entitled',
      { held: [country, ended] },
    ),
    refused(
      'keys-replaced',
      'New keys, without those before.',
      await follows([...keys.country, nth(keys.newcomer, 0)], { keys: [nth(keys.newcomer, 0).key] }),
      'not-entitled',
    ),
    refused(
      'epoch-falls',
      'A control epoch below the one before.',
      await follows(
        both,
        { control: { ...control, epoch: 1 } },
        await after([own], { control: { ...control, epoch: 2 } }),
      ),
      'rule-broken',
      { held: [country, await after([own], { control: { ...control, epoch: 2 } })] },
    ),
    refused(
      'owner-changed-quietly',
      'Another owner under the same epoch.',
      await follows(both, { control: { ...control, exception: 'public-body' } }),
      'rule-broken',
    ),
    refused(
      'control-confirmed-alone',
      'A requester says by itself that control is as it was.',
      await follows([own], { control: { ...control, as_of: later }, at: later }),
      'not-entitled',
      tomorrow,
    ),
    refused(
      'control-of-the-future',
      'Control as of tomorrow.',
      await follows(both, { control: { ...control, as_of: later } }),
      'time-invalid',
    ),
    refused(
      'parent-and-exception',
      'A parent, and a reason why there is none.',
      await begins(both, { control: { ...control, parent: '5493001KJTIIGC8Y1R12' } }),
      'schema-mismatch',
      first,
    ),
    refused(
      'unknown-purpose',
      'A purpose that the vocabulary does not have.',
      await begins(both, { uses: [{ ...uses[0], purpose: 'dpv:Mischief' }] }),
      'schema-mismatch',
      first,
    ),
  ]
}
