import { agreements } from './agreements.ts'
import { chains } from './chain.ts'
import { endings } from './endings.ts'
import { leavings } from './leaving.ts'
import type { Mutant } from './mutant.ts'
import { records } from './records.ts'
import { requests } from './requests.ts'
import { scope } from './scope.ts'
import { signatures } from './signatures.ts'

/** Every defect of the list. */
export const mutants: readonly Mutant[] = [
  ...chains,
  ...signatures,
  ...requests,
  ...scope,
  ...agreements,
  ...endings,
  ...leavings,
  ...records,
]
