import { askAndAgree } from './ask-and-agree.ts'
import { birth } from './birth.ts'
import { changeOfMind } from './change-of-mind.ts'
import { delegation } from './delegation.ts'
import { notAsked } from './not-asked.ts'
import { keysLost } from './keys-lost.ts'
import { consentedQuery } from './query.ts'
import { holderFirst, holderWithdraws } from './holder-first.ts'
import { sealedAnswer } from './sealed-answer.ts'
import type { Story } from './setting.ts'
import { stopFromAnything } from './stop-from-anything.ts'
import { streams } from './streams.ts'
import { successors } from './successor.ts'
import { tightened } from './tightened.ts'

/** Every story, by its number in the order they are told. */
export const stories: Readonly<Record<string, Story>> = {
  '1 delegation': delegation,
  '1 tightened': tightened,
  '2 a passport is born': birth,
  '2 keys lost and stolen': keysLost,
  '4 streams': streams,
  '5 ask and agree': askAndAgree,
  '5 the holder first': holderFirst,
  '5 the holder withdraws': holderWithdraws,
  '5 not asked': notAsked,
  '6 query': consentedQuery,
  '6 sealed answer': sealedAnswer,
  '7 change of mind': changeOfMind,
  '7 successors': successors,
  '15 stop from anything': stopFromAnything,
}
