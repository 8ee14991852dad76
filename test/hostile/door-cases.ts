import type { DoorCase, OpenTarget } from './door-case.ts'
import { framingCases } from './framing-cases.ts'
import { jsonCases } from './json-cases.ts'
import { signatureCases } from './signature-cases.ts'

/** Hostile requests to the door of any node. */
export const openCases: readonly DoorCase<OpenTarget>[] = [...framingCases, ...jsonCases]

/** Hostile requests to the door of a node that has authenticated routes. */
export const doorCases: readonly DoorCase[] = [...openCases, ...signatureCases]
