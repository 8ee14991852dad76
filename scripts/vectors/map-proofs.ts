import { base64Url, fromBase64Url, utf8 } from '@dcann/protocol/bytes'
import { mapKey, mapLeaf, mapNodeHash } from '@dcann/protocol/map/node'
import type { MapPage } from '@dcann/protocol/map/page'
import { type MapProof, proveInMap } from '@dcann/protocol/map/proof'
import { emptyMap, updateMap } from '@dcann/protocol/map/tree'
import { recordIdOf } from '@dcann/protocol/signed'
import { record } from './log-of-300.ts'
import { type NamedVector, vectorsOf } from './vector.ts'

/** What stands under a name in a map of forty names. */
export function mapProofVectors(): NamedVector[] {
  const { valid, invalid } = vectorsOf('map-proof')
  const names = Array.from({ length: 40 }, (_, i) => `EE/node/n${i}`)
  const all = names.map((name, i) => mapLeaf('EE', name, recordIdOf(utf8(`record ${i}`))))
  const { state, writes } = updateMap(emptyMap, all, 1, () => undefined)
  const pages = new Map<string, MapPage>(writes.map(({ address, page }) => [address.path, page]))
  const prove = (name: string): MapProof => {
    const found = proveInMap(state, mapKey('EE', name), ({ path }) => pages.get(path))
    if ('lacking' in found) throw new Error('making vectors: a page of the map is lacking')
    return found.proof
  }
  const given = { root: base64Url(state.root) }
  const absent = Array.from({ length: 99 }, (_, i) => `EE/node/nobody-${i}`)
  const beside = absent.find((name) => prove(name).leaf !== null) ?? ''
  const empty = absent.find((name) => prove(name).leaf === null) ?? ''
  const [name = '', other = ''] = names
  const proof = prove(name)
  const stands = recordIdOf(utf8('record 0'))
  const right = (title: string, about: string, asked: string, found: string | null): NamedVector =>
    valid(title, about, { given, input: { zone: 'EE', name: asked, proof: prove(asked) } }, { record: found })
  const wrong = (title: string, about: string, change: object, asked = name, on = prove(asked)): NamedVector =>
    invalid(title, about, { given, input: { zone: 'EE', name: asked, proof: { ...on, ...change } } }, 'evidence-broken')
  const only = mapLeaf('EE', name, stands)
  const alone = { depth: 0, bitmap: '', siblings: '', leaf: { key: base64Url(only.key), record: stands } }
  const rootOnly = base64Url(updateMap(emptyMap, [only], 1, () => undefined).state.root)
  const left = ((only.key[0] ?? 0) & 0x80) === 0
  const leafRoot = updateMap(emptyMap, [only], 1, () => undefined).state.root
  const zeros = new Uint8Array(32)
  const crooked = base64Url(left ? mapNodeHash(leafRoot, zeros) : mapNodeHash(zeros, leafRoot))
  const nothing = { depth: 0, bitmap: '', siblings: '', leaf: null }
  return [
    right('presence', 'The record stands under the name.', name, stands),
    right('absence-beside-another', 'The only name on the way is another.', beside, null),
    right('absence-in-the-empty', 'Nothing lies where the way ends.', empty, null),
    valid(
      'only-name',
      'The only name of a map is its root.',
      { given: { root: rootOnly }, input: { zone: 'EE', name, proof: alone } },
      { record: stands },
    ),
    valid(
      'no-names',
      'A map without names has 32 zero bytes as its root.',
      { given: { root: base64Url(zeros) }, input: { zone: 'EE', name, proof: nothing } },
      { record: null },
    ),
    wrong('absence-of-what-is-there', 'The way is cut where the leaf is.', { leaf: null }),
    wrong('another-record', 'Another record is shown.', { leaf: { ...proof.leaf, record } }),
    wrong('proof-of-another-name', 'A proof of another name that stands.', {}, name, prove(other)),
    wrong('leaf-off-the-way', 'The leaf shown lies elsewhere in the map.', { leaf: prove(other).leaf }, beside),
    wrong('too-shallow', 'A turn is left out.', { depth: proof.depth - 1 }),
    wrong('bitmap-too-long', 'Bits for turns that are none.', { bitmap: `${proof.bitmap}AA`.slice(0, 43) }),
    wrong('sibling-missing', 'A hash less than the bitmap says.', {
      siblings: base64Url(fromBase64Url(proof.siblings).slice(0, -32)),
    }),
    invalid(
      'of-another-root',
      'The proof is of a map before.',
      { given: { root: rootOnly }, input: { zone: 'EE', name, proof } },
      'evidence-broken',
    ),
    invalid(
      'of-another-zone',
      'The same name in another zone has another key.',
      { given, input: { zone: 'IN', name, proof } },
      'evidence-broken',
    ),
    invalid(
      'ends-higher-up',
      'A leaf below the depth that tells it apart, in a map so made.',
      { given: { root: crooked }, input: { zone: 'EE', name, proof: { ...alone, depth: 1, bitmap: 'AA' } } },
      'evidence-broken',
    ),
    invalid(
      'zeros-for-a-hash',
      'A sibling is given that is empty.',
      {
        given: { root: crooked },
        input: { zone: 'EE', name, proof: { ...alone, depth: 1, bitmap: 'gA', siblings: base64Url(zeros) } },
      },
      'evidence-broken',
    ),
  ]
}
