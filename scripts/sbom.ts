// Writes sbom.json, the list of what runs besides our own code, or with --check says how the committed one differs.
//
// npm's own list changes with every call and with every npm (serial number, time, tool, order, paths). What is kept is
// what an auditor compares: names, versions, digests, licences, and who needs whom.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

interface Component {
  readonly 'bom-ref': string
  readonly version: string
  readonly purl: string
  readonly hashes?: readonly unknown[]
  readonly licenses?: readonly unknown[]
}

interface Bom {
  readonly specVersion: string
  readonly metadata: { readonly component: Component }
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[]
}

const root = new URL('../', import.meta.url)
const place = new URL('sbom.json', root)

const made = `${JSON.stringify(lasting(ask()), null, 2)}\n`
if (process.argv.includes('--check')) check(made)
else writeFileSync(place, made)

function ask(): Bom {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only', '--omit', 'dev']
  // Inside `npm run`, npm says where it is; that also finds it on Windows, where it is no executable file.
  const npm = process.env['npm_execpath']
  const [command, before] = npm === undefined ? ['npm', []] : [process.execPath, [npm]]
  const text = execFileSync(command, [...before, ...args], { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  // `as`: the output of a tool whose version the reader chose; a list that lacks a part fails right below.
  return JSON.parse(text) as Bom
}

function lasting(bom: Bom): unknown {
  return {
    bomFormat: 'CycloneDX',
    specVersion: bom.specVersion,
    version: 1,
    metadata: { component: kept(bom.metadata.component) },
    components: bom.components.map(kept).sort((a, b) => order(a['bom-ref'], b['bom-ref'])),
    dependencies: bom.dependencies
      .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: [...dependsOn].sort(order) }))
      .sort((a, b) => order(a.ref, b.ref)),
  }
}

function kept({ version, purl, hashes, licenses, 'bom-ref': ref }: Component) {
  // npm names a package of ours for the folder it lies in; the reference begins with its true name.
  const name = ref.slice(0, ref.lastIndexOf('@'))
  return { 'bom-ref': ref, type: 'library', name, version, purl: purl.split('?')[0], hashes, licenses }
}

/** By code unit: a locale's order differs between machines. */
function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function check(made: string): void {
  const lines = (text: string): string[] => text.split('\n').filter((line) => line.includes('"bom-ref"'))
  const committed = readFileSync(place, 'utf8')
  if (committed === made) return
  const [before, now] = [lines(committed), lines(made)]
  for (const line of before.filter((line) => !now.includes(line))) console.error(`gone: ${line.trim()}`)
  for (const line of now.filter((line) => !before.includes(line))) console.error(`new:  ${line.trim()}`)
  console.error('sbom.json does not describe the lockfile: run `npm run sbom`, read the difference and commit it.')
  process.exitCode = 1
}
