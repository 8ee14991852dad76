import { askEn } from '../language/ask-en.ts'
import { pageEn } from '../language/page-en.ts'
import { walletEn } from '../language/wallet-en.ts'
import type { Catalogue } from '../language/say.ts'

/** The parts of the catalogue that this page shows. */
export const says: Catalogue = {
  en: { ...pageEn, ...askEn, ...walletEn },
  load: {
    et: async () => {
      const [{ pageEt }, { askEt }, { walletEt }] = await Promise.all([
        import('../language/page-et.ts'),
        import('../language/ask-et.ts'),
        import('../language/wallet-et.ts'),
      ])
      return { ...pageEt, ...askEt, ...walletEt }
    },
    hi: async () => {
      const [{ pageHi }, { askHi }, { walletHi }] = await Promise.all([
        import('../language/page-hi.ts'),
        import('../language/ask-hi.ts'),
        import('../language/wallet-hi.ts'),
      ])
      return { ...pageHi, ...askHi, ...walletHi }
    },
  },
}
