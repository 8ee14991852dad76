import { z } from 'zod'
import { dpvBroaderPurposes, dpvCategories, dpvProcessing, dpvPurposes, dpvSpecialCategories } from './generated/dpv.ts'

/** A purpose of the Data Privacy Vocabulary 2.x: `dpv:RiskAssessment`. spec: vocabulary */
export const purposeSchema = z
  .string()
  .max(80)
  .refine((text) => text.startsWith('dpv:') && dpvPurposes.has(text.slice(4)), {
    error: 'expected a purpose of DPV 2.3, like dpv:ServiceProvision',
  })

/** A personal-data category of the same vocabulary: `pd:Age`. */
export const categorySchema = z
  .string()
  .max(80)
  .refine((text) => text.startsWith('pd:') && dpvCategories.has(text.slice(3)), {
    error: 'expected a personal-data category of DPV 2.3, like pd:Age',
  })

/** A kind of processing: `dpv:Use`. */
export const processingSchema = z
  .string()
  .max(80)
  .refine((text) => text.startsWith('dpv:') && dpvProcessing.has(text.slice(4)), {
    error: 'expected a kind of processing of DPV 2.3, like dpv:Use',
  })

/** A purpose and every broader one, from the narrowest on. */
export function broaderPurposes(purpose: string): readonly string[] {
  const found = new Set([purpose])
  for (const one of found)
    for (const above of dpvBroaderPurposes.get(one.slice('dpv:'.length)) ?? []) found.add(`dpv:${above}`)
  return [...found]
}

/** Whether law treats the category as special. */
export function isSpecialCategory(category: string): boolean {
  return dpvSpecialCategories.has(category.slice(3))
}
