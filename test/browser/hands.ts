import type { Locator, Page } from 'playwright-core'

/** How somebody works a page: with a pointer, or with the keys of a keyboard alone. */
export type Hands = {
  readonly press: (what: Locator) => Promise<void>
  readonly write: (into: Locator, text: string) => Promise<void>
}

export type Way = 'pointer' | 'keys'

export function handsOn(page: Page, way: Way): Hands {
  if (way === 'pointer')
    return {
      press: async (what) => await what.click(),
      write: async (into, text) => await into.fill(text),
    }
  return {
    press: async (what) => {
      await reach(page, what)
      // what is ticked is ticked with the space bar
      await page.keyboard.press((await what.getAttribute('type')) === 'checkbox' ? 'Space' : 'Enter')
    },
    write: async (into, text) => {
      await reach(page, into)
      await page.keyboard.press('Control+A')
      await page.keyboard.insertText(text)
    },
  }
}

/** Presses Tab until it has the focus, wherever in the page it stands. Throws when no number of presses leads there. */
async function reach(page: Page, what: Locator): Promise<void> {
  await what.waitFor()
  for (let presses = 0; presses < 150; presses++) {
    if ((await what.and(page.locator(':focus')).count()) > 0) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`tabbing to ${String(what)}: it was never focused`)
}
