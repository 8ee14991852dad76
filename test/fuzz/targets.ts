import type { Target } from './target.ts'

/** What is fuzzed, each loaded in the thread that runs it, so that coverage sees all of it. */
const loaders: Readonly<Record<string, () => Promise<Target>>> = {
  canonical: async () => (await import('./targets/canonical.ts')).canonical,
  'bounded-json': async () => (await import('./targets/canonical.ts')).bounded,
  'signed-record': async () => (await import('./targets/signed.ts')).signed,
  'request-signature': async () => (await import('./targets/request-signature.ts')).requestSignature,
  identifier: async () => (await import('./targets/identifier.ts')).identifier,
  checkpoint: async () => (await import('./targets/log.ts')).note,
  vkey: async () => (await import('./targets/log.ts')).vkey,
  'tile-and-bundle': async () => (await import('./targets/log.ts')).tile,
  'csv-import': async () => (await import('./targets/imports.ts')).csv,
  'json-import': async () => (await import('./targets/imports.ts')).json,
  'zip-import': async () => (await import('./targets/imports.ts')).zip,
  'ask-link': async () => (await import('./targets/typed-in.ts')).askLink,
  'ask-members': async () => (await import('./targets/typed-in.ts')).askMembers,
  'recovery-kit': async () => (await import('./targets/typed-in.ts')).recoveryKit,
  'stop-card': async () => (await import('./targets/typed-in.ts')).stopCard,
  'raw-head': async () => (await import('./targets/raw-head.ts')).rawHead,
  sealed: async () => (await import('./targets/sealed.ts')).sealed,
  'evidence-package': async () => (await import('./targets/evidence.ts')).evidence,
  rules: async () => (await import('./targets/vectors.ts')).rules,
  door: async () => (await import('./targets/door.ts')).door,
}

/** Every target but the planted one. */
export const targetNames: readonly string[] = Object.keys(loaders)

/** The target whose fault is to be found. */
export const plantedName = 'planted'

export async function loadTarget(name: string): Promise<Target> {
  const load = name === plantedName ? async () => (await import('./targets/planted.ts')).planted : loaders[name]
  if (!load) throw new Error(`fuzzing: there is no target ${name}, known are ${targetNames.join(', ')}`)
  return await load()
}
