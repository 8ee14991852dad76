import type { Draw } from '../draws.ts'
import { type Mutate, mutateBytes } from './mutate.ts'

type Tree = unknown

/** One to three changes of a JSON value, inside texts that are JSON in base64url too; now and then of its bytes. */
export function mutateJson(words: readonly string[]): Mutate {
  const bytewise = mutateBytes(words)
  return (input, other, draw) => {
    const [value, source] = [parsed(input), parsed(other)]
    if (value === undefined || draw(24) === 0) return bytewise(input, other, draw)
    let changed = value.tree
    const spare = source === undefined ? [] : partsOf(source.tree)
    for (let changes = 1 + draw(3); changes > 0; changes--) changed = change(changed, { words, spare, draw })
    try {
      return Buffer.from(JSON.stringify(sorted(changed)) ?? 'null')
    } catch {
      return input // too deep to be written
    }
  }
}

type Means = { readonly words: readonly string[]; readonly spare: readonly Tree[]; readonly draw: Draw }

/** Walks down to somewhere and changes what is there. */
function change(tree: Tree, means: Means): Tree {
  const { draw } = means
  if (Array.isArray(tree)) {
    if (tree.length === 0 || draw(4) === 0) return changeList(tree, means)
    const at = draw(tree.length)
    return tree.with(at, change(tree[at], means))
  }
  if (typeof tree === 'object' && tree !== null) {
    const members = Object.entries(tree)
    if (members.length === 0 || draw(5) === 0) return changeMembers(members, means)
    const at = draw(members.length)
    const [name, value] = members[at] ?? ['', null]
    return Object.fromEntries(members.with(at, [name, change(value, means)]))
  }
  return changeLeaf(tree, means)
}

function changeList(list: readonly Tree[], means: Means): Tree {
  const { draw } = means
  const at = draw(list.length + 1)
  switch (draw(5)) {
    case 0:
      return list.toSpliced(at, 1)
    case 1:
      return list.toSpliced(at, 0, list[draw(list.length || 1)] ?? strange(means))
    case 2:
      return list.toSpliced(at, 0, strange(means))
    case 3:
      return list.toReversed()
    default:
      return strange(means)
  }
}

function changeMembers(members: readonly (readonly [string, Tree])[], means: Means): Tree {
  const { draw, words } = means
  const at = draw(members.length || 1)
  const [name = '', value] = members[at] ?? []
  switch (draw(5)) {
    case 0:
      return Object.fromEntries(members.toSpliced(at, 1))
    case 1:
      return Object.fromEntries([...members, [words[draw(words.length || 1)] ?? 'ext', strange(means)]])
    case 2:
      return Object.fromEntries(members.toSpliced(at, 1, [name, members[draw(members.length || 1)]?.[1] ?? null]))
    case 3:
      return Object.fromEntries(members.toSpliced(at, 1, [`${name}${draw(2) ? 's' : ''}`, value ?? strange(means)]))
    default:
      return strange(means)
  }
}

function changeLeaf(leaf: Tree, means: Means): Tree {
  const { draw } = means
  if (typeof leaf === 'string') {
    const inner = draw(8) ? parsed(Buffer.from(leaf, 'base64url')) : undefined
    if (inner && typeof inner.tree === 'object' && inner.tree !== null)
      return Buffer.from(JSON.stringify(sorted(change(inner.tree, means)))).toString('base64url')
    if (draw(3)) return changeText(leaf, means)
  }
  if (typeof leaf === 'number' && draw(3)) return [leaf + 1, leaf - 1, -leaf, 0, leaf * 2, leaf + 0.5, 2 ** 53][draw(7)]
  return strange(means)
}

function changeText(text: string, { words, draw }: Means): string {
  const at = draw(text.length + 1)
  const word = words[draw(words.length || 1)] ?? ''
  const sign = String.fromCharCode(
    draw(12) ? 0x20 + draw(0x5f) : ([0, 9, 10, 0x7f, 0xa0, 0x130, 0x2028, 0xd800, 0xfeff][draw(9)] ?? 0),
  )
  const changed = [
    text.slice(0, at) + sign + text.slice(at + 1),
    text.slice(0, at) + sign + text.slice(at),
    text.slice(0, at) + text.slice(at + 1 + draw(3)),
    text.slice(0, at),
    text + text,
    word,
    text.slice(0, at) + word + text.slice(at),
    text.toUpperCase(),
    text.toLowerCase(),
  ]
  return changed[draw(changed.length)] ?? text
}

/** A value of another kind, one from somewhere else, or one that is hard to bear. */
function strange({ words, spare, draw }: Means): Tree {
  if (draw(2) && spare.length > 0) return spare[draw(spare.length)]
  const texts = ['', 'x', '__proto__', '2026-02-30T00:00:00Z', '9999-12-31T23:59:59Z', 'P1D', '-', 'A'.repeat(43)]
  const values = [null, true, false, 0, -1, 1, 2 ** 53, 1.5, [], {}, [[]], [null], { '': null }, ...texts, ...words]
  return values[draw(values.length)]
}

function partsOf(tree: Tree, found: Tree[] = []): Tree[] {
  if (found.length > 200) return found
  found.push(tree)
  if (typeof tree === 'object' && tree !== null) for (const part of Object.values(tree)) partsOf(part, found)
  return found
}

function parsed(bytes: Uint8Array): { readonly tree: Tree } | undefined {
  try {
    return { tree: JSON.parse(Buffer.from(bytes).toString()) as Tree }
  } catch {
    return undefined
  }
}

/** Members sorted, as canonical JSON has them; order is the business of mutated bytes. */
function sorted(tree: Tree, depth = 0): Tree {
  if (typeof tree !== 'object' || tree === null || depth > 200) return tree
  if (Array.isArray(tree)) return tree.map((each) => sorted(each, depth + 1))
  const members = Object.entries(tree).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(members.map(([name, value]) => [name, sorted(value, depth + 1)]))
}
