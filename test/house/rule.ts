import { isSource, read, type Source, type Text } from './source.ts'

/**
 * A rule of the house: what it finds wrong, each with its place.
 *
 * `wrong` are repositories in which it must find something, one way of being wrong each; `right` are neighbours it must
 * leave alone. A rule that finds nothing anywhere is no rule.
 */
export interface Rule {
  readonly name: string
  readonly find: (house: House) => string[]
  readonly wrong: readonly Files[]
  readonly right?: readonly Files[]
}

type Files = Readonly<Record<string, string>>

export interface House {
  readonly texts: readonly Text[]
  readonly sources: readonly Source[]
}

export function houseOf(texts: readonly Text[]): House {
  return { texts, sources: texts.filter(isSource).map(read) }
}

export function inMemory(files: Files): House {
  return houseOf(Object.entries(files).map(([path, text]) => ({ path, text })))
}

export function packageOf(path: string): string | undefined {
  return /^(packages\/[^/]+|registry|vault-node|test|scripts)\//.exec(path)?.[1]
}

/** Tests, and the suites that stores and engines share, may use what the root's devDependencies bring. */
export function isForTests(path: string): boolean {
  return /\.test\.tsx?$|\/conformance\.ts$/.test(path)
}

/** The sources below a folder that others run: not its tests, and not the engine of one platform. */
export function within(sources: readonly Source[], folder: string): Source[] {
  return sources.filter(
    ({ path }) => path.startsWith(folder) && !isForTests(path) && !/\/engine\.(node|default)\.ts$/.test(path),
  )
}

export function imported({ path, imports }: Source, pattern: RegExp): string[] {
  return imports.filter(({ from }) => pattern.test(from)).map(({ from }) => `${path} imports ${from}`)
}

export function written({ path, code }: Source, pattern: RegExp): string[] {
  const found = pattern.exec(code)
  return found === null ? [] : [`${path}:${code.slice(0, found.index).split('\n').length} says ${found[0]}`]
}

export function placeOf({ path }: Text): string {
  return path
}
