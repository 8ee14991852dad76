export type Element = {
  readonly publicUrl: string
  readonly requester: string
  readonly offer: string
  /** Where people without a wallet of their choice are sent. */
  readonly wallet: string | undefined
}

/** The lines to paste into a page, wherever it is. */
export function elementLine({ publicUrl, requester, offer, wallet }: Element): string {
  const attributes = {
    requester,
    offer,
    return: `${publicUrl}/return`,
    ...(wallet === undefined ? {} : { wallet: wallet.replace(/\/$/, '') }),
  }
  const written = Object.entries(attributes).map(([name, value]) => `\n  ${name}="${inAttribute(value)}"`)
  return [
    `<script src="${inAttribute(`${publicUrl}/ask.js`)}" async></script>`,
    `<ask-with-my-passport${written.join('')}></ask-with-my-passport>`,
  ].join('\n')
}

function inAttribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
}
