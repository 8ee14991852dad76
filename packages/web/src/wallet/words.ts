import type { AskMessages } from '../language/messages.ts'
import type { Say } from '../language/say.ts'
import { askEn } from '../language/ask-en.ts'
import { plain } from '../page/outside-text.ts'

/** What a strand is called; its own name where the pages know no other. */
export function strandTitle(say: Say, strand: string): string {
  return known(say, `strand.${strand}`) ?? plain(strand, 80)
}

/** What a claim is called: a derived one by its meaning, a member of a body by its words. */
export function claimTitle(say: Say, claim: string): string {
  return known(say, `claim.${claim}`) ?? plain(claim.replaceAll('_', ' '), 60)
}

function known(say: Say, key: string): string | undefined {
  return isKey(key) ? say(key) : undefined
}

function isKey(key: string): key is keyof AskMessages {
  return Object.hasOwn(askEn, key)
}
