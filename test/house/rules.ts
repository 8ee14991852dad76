import { circles, declared, upward } from './arrows.ts'
import { cellars, checked, defaults, lockfile, nowhere } from './places.ts'
import type { Rule } from './rule.ts'
import { blindStore, browserSdk, noAny, oneVerifier, plainPages, pureProtocol, settings } from './words.ts'

export const rules: readonly Rule[] = [
  upward,
  declared,
  circles,
  defaults,
  cellars,
  pureProtocol,
  browserSdk,
  plainPages,
  blindStore,
  settings,
  oneVerifier,
  noAny,
  nowhere,
  lockfile,
  checked,
]
