import { explorerEn } from '../language/explorer-en.ts'
import { pageEn } from '../language/page-en.ts'
import type { Catalogue } from '../language/say.ts'

/** The parts of the catalogue that this page shows. */
export const says: Catalogue = {
  en: { ...pageEn, ...explorerEn },
  load: {
    et: async () => {
      const [{ pageEt }, { explorerEt }] = await Promise.all([
        import('../language/page-et.ts'),
        import('../language/explorer-et.ts'),
      ])
      return { ...pageEt, ...explorerEt }
    },
    hi: async () => {
      const [{ pageHi }, { explorerHi }] = await Promise.all([
        import('../language/page-hi.ts'),
        import('../language/explorer-hi.ts'),
      ])
      return { ...pageHi, ...explorerHi }
    },
  },
}
