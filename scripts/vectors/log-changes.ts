import { base64Url } from '@dcann/protocol/bytes'
import { testSigner } from '@dcann/protocol/key'
import { rootAt } from './log-of-300.ts'
import { type NamedVector, vectorsOf } from './vector.ts'

/** Which log may sign a head: the one that the acts under it name. */
export function speakerVectors(): NamedVector[] {
  const { valid, invalid } = vectorsOf('speaker')
  const [first, second, third] = ['ee', 'ee-2', 'ee-3'].map((name) => ({
    origin: `${name}.dcann.example`,
    key: testSigner(`vectors/log/${name}`).key,
  }))
  const speakers = [
    { ...first, from: 0 },
    { ...second, from: 120 },
    { ...third, from: 200 },
  ]
  const of = (size: number, by: unknown, given: unknown = { speakers }) => ({ given, input: { size, by } })
  const wrong = (name: string, about: string, size: number, by: unknown): NamedVector =>
    invalid(name, about, of(size, by), 'key-unknown')
  return [
    valid('before-any-change', 'The first log signs what was there before the second was named.', of(119, first), {}),
    valid('at-the-change', 'The second signs the head of the very batch that names it.', of(120, second), {}),
    valid('between', 'It signs until another is named.', of(199, second), {}),
    valid('after-the-last', 'The newest signs all that comes.', of(5_000, third), {}),
    wrong('old-at-the-change', 'The first signs the head of the batch that replaced it.', 120, first),
    wrong('old-after', 'It goes on as if nothing had been.', 300, first),
    wrong('new-before', 'The second signs a head without the act that names it.', 119, second),
    wrong('old-after-two', 'The second goes on after the third was named.', 200, second),
    wrong('never-named', 'A log that no act names.', 300, { origin: 'ee-4.dcann.example', key: first?.key }),
    wrong('key-under-another-origin', 'The newest key under the origin of before.', 300, {
      origin: second?.origin,
      key: third?.key,
    }),
    wrong('origin-under-another-key', 'The newest origin, and the key of before.', 300, {
      origin: third?.origin,
      key: second?.key,
    }),
    invalid('nobody-named', 'No delegation is there yet.', of(3, first, { speakers: [] }), 'key-unknown'),
  ]
}

/** What a new log begins with: all that the one before had when it was frozen. */
export function frozenVectors(): NamedVector[] {
  const { valid, invalid } = vectorsOf('frozen')
  const frozen = (size: number, root = rootAt(size)): unknown => ({ size, root: base64Url(root) })
  const of = (input: unknown, size: number) => ({
    given: { size, roots: [0, 7, 120, 300].map((at) => ({ size: at, root: base64Url(rootAt(at)) })) },
    input: { frozen: input },
  })
  return [
    valid('first-log', 'A first log has nothing before it.', of(null, 300), {}),
    valid('goes-on', 'The log went on between the draft and the act.', of(frozen(120), 300), {}),
    valid('at-its-end', 'Nothing came in between.', of(frozen(120), 120), {}),
    invalid('cut', 'The new log is shorter than the one before was.', of(frozen(120), 119), 'rollback'),
    invalid('another-past', 'The new log has other entries.', of(frozen(120, rootAt(119)), 300), 'forked'),
    invalid('of-no-size', 'An empty log has one root alone.', of(frozen(0, rootAt(7)), 300), 'forked'),
  ]
}
