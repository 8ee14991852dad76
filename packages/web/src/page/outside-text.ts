/** Whatever turns the direction of text, is not seen, or draws over its neighbours. */
const unseen =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e01ef}]|\u034f/gu
/** More marks over one letter than any script writes. */
const stacked = /(\p{M}{4})\p{M}+/gu

/**
 * Text that somebody outside wrote, as these pages show it: one line of at most `most` characters, in which nothing hides,
 * turns round or climbs out of its line. It is shown as text and never as anything else.
 */
export function plain(text: string, most = 200): string {
  const shown = text.toWellFormed().normalize('NFC').replaceAll(unseen, '·').replaceAll(stacked, '$1').trim()
  return shown.length > most ? `${shown.slice(0, most).toWellFormed()}…` : shown
}

/** The same inside a sentence: whichever way it runs, the words around it stay where they are. */
export function quoted(text: string, most?: number): string {
  return `\u2068${plain(text, most)}\u2069`
}
