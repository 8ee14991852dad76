import { circles, declared, upward } from './arrows.ts'
import { cellars, checked, defaults, lockfile, nowhere } from './places.ts'
import type { Rule } from './rule.ts'
import { blindStore, browserSdk, noAny, oneVerifier, pureProtocol, settings } from './words.ts'

export const rules: readonly Rule[] = [
  upward,
  declared,
  circles,
  defaults,
  cellars,
  pureProtocol,
  browserSdk,
  blindStore,
  settings,
  oneVerifier,
  noAny,
  nowhere,
  lockfile,
  checked,
]
