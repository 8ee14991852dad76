import { formatTime } from '@dcann/protocol/time'
import { type NamedVector, now, vectorsOf } from './vector.ts'

/** What may happen under the name of a passport on its way out. */
export function endingVectors(): NamedVector[] {
  const { valid, invalid } = vectorsOf('ending')
  const fortnight = 14 * 86_400
  const of = (is: string | null, ago: number, input: unknown) => ({
    given: { ending: is === null ? null : { is, at: formatTime(now - ago) } },
    input,
  })
  const grave = { act: 'tombstone' }
  const passed = (isBuried: boolean) => ({ act: 'withheld', buried: isBuried })
  const stands = { act: 'record' }
  return [
    valid('buried-after-its-end', 'A passport ended 14 days before.', of('ended', fortnight, grave), {}),
    valid('buried-after-withheld', 'Its last acts came without their records.', of('withheld', fortnight, grave), {}),
    valid('withheld-of-one-buried', 'A tombstone follows further on.', of(null, 0, passed(true)), {}),
    valid('withheld-again', 'Another act of the same.', of('withheld', 0, passed(true)), {}),
    valid('lives', 'A record under a name that has not gone.', of(null, 0, stands), {}),
    invalid('too-early', 'A second before the 14 days are over.', of('ended', fortnight - 1, grave), 'rule-broken'),
    invalid(
      'withheld-too-early',
      'The last act without its record is younger.',
      of('withheld', fortnight - 1, grave),
      'rule-broken',
    ),
    invalid('nothing-ended', 'Whoever holds the log buries a passport that lives.', of(null, 0, grave), 'rule-broken'),
    invalid('buried-twice', 'One name has one tombstone.', of('gone', fortnight, grave), 'rule-broken'),
    invalid(
      'withheld-and-not-buried',
      'A record is kept back of a passport that lives.',
      of(null, 0, passed(false)),
      'evidence-broken',
    ),
    invalid('withheld-after-the-end', 'Nothing follows an end.', of('ended', 0, passed(true)), 'evidence-broken'),
    invalid(
      'withheld-after-the-tombstone',
      'Nothing follows a tombstone.',
      of('gone', 0, passed(true)),
      'evidence-broken',
    ),
    invalid(
      'registered-again',
      'A name that is gone is given to nobody.',
      of('gone', fortnight, stands),
      'rule-broken',
    ),
  ]
}
