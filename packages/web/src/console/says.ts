import { askEn } from '../language/ask-en.ts'
import { consoleEn } from '../language/console-en.ts'
import { pageEn } from '../language/page-en.ts'
import type { Catalogue } from '../language/say.ts'

/** The parts of the catalogue that this page shows. */
export const says: Catalogue = {
  en: { ...pageEn, ...askEn, ...consoleEn },
  load: {
    et: async () => {
      const [{ pageEt }, { askEt }, { consoleEt }] = await Promise.all([
        import('../language/page-et.ts'),
        import('../language/ask-et.ts'),
        import('../language/console-et.ts'),
      ])
      return { ...pageEt, ...askEt, ...consoleEt }
    },
    hi: async () => {
      const [{ pageHi }, { askHi }, { consoleHi }] = await Promise.all([
        import('../language/page-hi.ts'),
        import('../language/ask-hi.ts'),
        import('../language/console-hi.ts'),
      ])
      return { ...pageHi, ...askHi, ...consoleHi }
    },
  },
}
