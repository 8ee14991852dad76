import { type Signer, testSigner } from '@dcann/protocol/key'
import { signCheckpoint } from '@dcann/protocol/log/checkpoint'
import { cosign, withSignatures } from '@dcann/protocol/log/cosignature'
import { formatNote, parseNote } from '@dcann/protocol/log/note'
import { log, origin, rootAt } from './log-of-300.ts'
import { type NamedVector, now, vectorsOf } from './vector.ts'

/** The age of a head by its cosignatures. */
export async function quorumVectors(): Promise<NamedVector[]> {
  const { valid, invalid } = vectorsOf('quorum')
  const voices = ['root', 'IN', 'EE', 'press', 'court']
  const signerOf = (by: string): Signer => testSigner(`vectors/witness/${by}`)
  const nameOf = (by: string): string => `${by.toLowerCase()}.dcann.example/witness`
  const note = parseNote(await signCheckpoint({ origin, size: 300, root: rootAt(300) }, log))
  const root = (bys: readonly string[], quorum: number, test = false) => ({
    zone: 'EE',
    test,
    witness: { quorum, witnesses: bys.map((by) => ({ name: nameOf(by), key: signerOf(by).key, by })) },
  })
  const heads = async (...lines: (readonly [by: string, ago: number])[]): Promise<unknown> => {
    const made = await Promise.all(lines.map(([by, ago]) => cosign(note, signerOf(by), nameOf(by), now - ago)))
    return { note: formatNote(withSignatures(note, made)) }
  }
  const two = root(voices, 2)
  const timed = async (
    name: string,
    about: string,
    given: unknown,
    lines: (readonly [string, number])[],
    ago: number | null,
  ) => valid(name, about, { given, input: await heads(...lines) }, { time: ago === null ? null : now - ago })
  const wrong = async (name: string, about: string, given: unknown): Promise<NamedVector> =>
    invalid(name, about, { given, input: await heads(['root', 1], ['IN', 2], ['press', 3]) }, 'root-invalid')
  return [
    await timed(
      'oldest-of-the-freshest',
      'Two voices, the second 40 seconds old; a third is older.',
      two,
      [
        ['IN', 10],
        ['press', 40],
        ['root', 9000],
      ],
      40,
    ),
    await timed(
      'one-signs-again',
      'One witness signs an old head again and again: it grows no younger.',
      two,
      [
        ['IN', 5000],
        ['press', 60],
        ['press', 45],
        ['press', 1],
      ],
      5000,
    ),
    await timed(
      'own-witness',
      "The zone's own witness does not count.",
      two,
      [
        ['EE', 1],
        ['IN', 2],
      ],
      null,
    ),
    await timed(
      'from-the-future',
      'A line more than five minutes ahead does not count.',
      two,
      [
        ['IN', -301],
        ['press', 5],
      ],
      null,
    ),
    await timed('too-few', 'One voice is no quorum of two.', two, [['press', 5]], null),
    await timed('test-root', 'Under a test root one of two is enough.', root(['root', 'IN'], 1, true), [['IN', 7]], 7),
    await wrong('quorum-of-one', 'A quorum of one under a root that is no test.', root(voices, 1)),
    await wrong('all-must', 'A quorum of all: one that is down stops the zone.', root(['root', 'IN', 'press'], 3)),
    await wrong(
      'two-candidates',
      'Two witnesses that others run, where three are needed.',
      root(['root', 'IN', 'EE'], 2),
    ),
    await wrong(
      'test-root-with-one',
      'One witness that another runs, where two are needed.',
      root(['IN', 'EE'], 1, true),
    ),
    await wrong('quorum-above', 'More voices are demanded than there are.', root(voices, 9)),
    invalid(
      'forged-line',
      'One line under the name and key of a witness does not verify.',
      {
        given: two,
        input: {
          note: formatNote(
            withSignatures(note, [
              { ...(await cosign(note, signerOf('IN'), nameOf('IN'), now)), signature: new Uint8Array(72) },
            ]),
          ),
        },
      },
      'record-signature-invalid',
    ),
  ]
}
