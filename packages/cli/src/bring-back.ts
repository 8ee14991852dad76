import type { BroughtBack } from '@dcann/sdk/bring-back'

/** Whether it arrived, in words. */
export function describeBrought(brought: BroughtBack, url: string): string {
  switch (brought) {
    case 'brought':
      return `brought to ${url}`
    case 'kept':
      return `not brought to ${url}, since that is not where they live by their record`
    case 'undelivered':
      return `not taken at ${url}; hand over offer and grant as dcann agreements --json shows them`
  }
}
