import { base64Url } from '@dcann/protocol/bytes'
import { emptyRoot } from '@dcann/protocol/log/merkle'
import { consistencyProof, inclusionProof } from '@dcann/protocol/log/proof'
import { leaves, readHash, rootAt } from './log-of-300.ts'
import { type NamedVector, vectorsOf } from './vector.ts'

/** RFC 6962 inclusion. */
export function inclusionVectors(): NamedVector[] {
  const { valid, invalid } = vectorsOf('inclusion')
  const claim = (index: number, size: number) => ({
    leaf: base64Url(leaves[index] ?? emptyRoot()),
    index,
    size,
    root: base64Url(rootAt(size)),
    proof: inclusionProof(index, size, readHash).map(base64Url),
  })
  const right = (name: string, about: string, index: number, size: number): NamedVector =>
    valid(name, about, { input: claim(index, size) })
  const wrong = (
    name: string,
    about: string,
    change: object,
    code: 'evidence-broken' | 'schema-mismatch' = 'evidence-broken',
  ) => invalid(name, about, { input: { ...claim(5, 7), ...change } }, code)
  const { proof } = claim(5, 7)
  return [
    right('only-one', 'The only leaf is the root.', 0, 1),
    right('sixth-of-seven', 'Three hashes, nearest to the leaf first.', 5, 7),
    right('last-of-seven', 'Two hashes: the last leaf sits higher.', 6, 7),
    right('last-of-300', 'Across two tiles.', 299, 300),
    wrong('another-index', 'The leaf stands elsewhere.', { index: 4 }),
    wrong('another-leaf', 'Another leaf stands there.', { leaf: base64Url(leaves[4] ?? emptyRoot()) }),
    wrong('another-root', 'The root is that of another size.', { root: base64Url(rootAt(8)) }),
    wrong('too-short', 'The last hash is missing.', { proof: proof.slice(0, -1) }),
    wrong('too-long', 'A hash too many.', { proof: [...proof, base64Url(emptyRoot())] }),
    wrong('from-the-root-down', 'The hashes come in the other order.', { proof: proof.toReversed() }),
    wrong('outside', 'The index is the size.', { index: 7 }, 'schema-mismatch'),
  ]
}

/** RFC 6962 consistency. */
export function consistencyVectors(): NamedVector[] {
  const { valid, invalid } = vectorsOf('consistency')
  const head = (size: number) => ({ size, root: base64Url(rootAt(size)) })
  const claim = (from: number, to: number) => ({
    from: head(from),
    to: head(to),
    proof: consistencyProof(from, to, readHash).map(base64Url),
  })
  const right = (name: string, about: string, from: number, to: number): NamedVector =>
    valid(name, about, { input: claim(from, to) })
  const wrong = (
    name: string,
    about: string,
    change: object,
    code: 'evidence-broken' | 'schema-mismatch' = 'evidence-broken',
  ) => invalid(name, about, { input: { ...claim(6, 7), ...change } }, code)
  const { proof } = claim(6, 7)
  return [
    right('from-none', 'Every log begins with the empty one.', 0, 7),
    right('the-same', 'A head begins itself.', 7, 7),
    right('three-to-seven', 'The seam lies inside a subtree.', 3, 7),
    right('four-to-seven', 'The seam is at the left edge, where the verifier has its hash.', 4, 7),
    right('256-to-300', 'A full tile and what follows.', 256, 300),
    wrong('two-pasts', 'Another tree of the earlier size.', { from: { size: 6, root: base64Url(rootAt(5)) } }),
    wrong('another-future', 'Another tree of the later size.', { to: { size: 7, root: base64Url(rootAt(8)) } }),
    wrong('equal-sizes-two-roots', 'Two heads of one size.', {
      from: head(7),
      to: { size: 7, root: base64Url(rootAt(6)) },
      proof: [],
    }),
    wrong('too-short', 'The first hash is missing.', { proof: proof.slice(1) }),
    wrong('too-long', 'A hash too many.', { proof: [...proof, base64Url(emptyRoot())] }),
    wrong('backwards', 'The later comes first.', { from: head(7), to: head(6) }, 'schema-mismatch'),
  ]
}
