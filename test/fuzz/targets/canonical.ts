import { fromHex, utf8 } from '@dcann/protocol/bytes'
import { canonicalBytes, canonicalText, parseBounded, parseCanonical } from '@dcann/protocol/canonical'
import { limits } from '@dcann/protocol/limits'
import { hold, type Target, textIn, vectorsOf } from '../target.ts'

/** Canonical JSON: what is taken is its own canonical form. */
export const canonical: Target = {
  name: 'canonical',
  form: 'bytes',
  seeds: vectorsOf('canonical').map(({ input }) => {
    // `as`: vectors of this noun give one of the two
    const { utf8: text, hex } = input as { utf8?: string; hex?: string }
    return hex === undefined ? utf8(text ?? '') : fromHex(hex)
  }),
  run(input) {
    const value = parseCanonical(input, limits.payloadBytes)
    hold(Buffer.compare(canonicalBytes(value), input) === 0, 'canonical JSON was taken that is not its own form')
  },
}

/** Bounded JSON, which need not be canonical: what is taken has a canonical form that says the same. */
export const bounded: Target = {
  name: 'bounded-json',
  form: 'bytes',
  seeds: canonical.seeds,
  run(input) {
    const written = canonicalText(parseBounded(textIn(input)))
    hold(canonicalText(parseBounded(written)) === written, 'bounded JSON changes when it is written and read')
  },
}
