import type { DoorCase } from './door-case.ts'
import { framingCases } from './framing-cases.ts'
import { jsonCases } from './json-cases.ts'
import { signatureCases } from './signature-cases.ts'

/** Every hostile request to the door of any node. */
export const doorCases: readonly DoorCase[] = [...framingCases, ...jsonCases, ...signatureCases]
