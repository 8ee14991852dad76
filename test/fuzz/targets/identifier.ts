import { utf8 } from '@dcann/protocol/bytes'
import { formatIdentifier, identifierSchema, identifierUri, parseIdentifier } from '@dcann/protocol/identifier'
import { hold, type Target, textIn, vectorsOf } from '../target.ts'

/** Identifiers as people type them: whatever is taken is one, however it is written. */
export const identifier: Target = {
  name: 'identifier',
  form: 'bytes',
  words: ['dcann:', 'O', 'I', 'L', 'U', ' ', '-', '\u0131', '\u017f'],
  seeds: vectorsOf('identifier').flatMap(({ input }) => {
    // `as`: vectors of this noun give a text, or a genesis
    const { text } = input as { text?: string }
    return text === undefined ? [] : [utf8(text)]
  }),
  run(input) {
    const read = parseIdentifier(textIn(input))
    hold(identifierSchema.safeParse(read).success, 'an identifier was read that has not its form')
    for (const written of [formatIdentifier(read), identifierUri(read), read.toLowerCase()])
      hold(parseIdentifier(written) === read, 'an identifier does not come back')
  },
}
