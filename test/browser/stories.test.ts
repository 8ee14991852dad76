import { checkCharacters } from '@dcann/protocol/identifier'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { chromiumAt, startChromium } from './chromium.ts'
import { companyAt, insurersTerms } from './company.ts'
import {
  agreementOn,
  bringIn,
  checkKit,
  makePassport,
  openFromShop,
  requireAccessible,
  type Seat,
  sitDown,
  type Size,
} from './person.ts'

const setting = inject('setting')
let browser: Browser

beforeAll(async () => {
  if (chromiumAt !== undefined) browser = await startChromium()
})
afterAll(async () => await browser?.close())

const cases: readonly { readonly size: Size; readonly colorScheme: 'light' | 'dark' }[] = [
  { size: 'phone', colorScheme: 'light' },
  { size: 'desktop', colorScheme: 'dark' },
]

for (const { size, colorScheme } of cases) {
  describe.skipIf(setting === undefined)(`as a person, ${size}, ${colorScheme}`, () => {
    let her: Seat
    let identifier = ''
    let card = ''
    const { wallet = '', registry = '', shop = '' } = setting ?? {}

    beforeAll(async () => {
      her = await sitDown(browser, size, { colorScheme })
    })
    afterAll(async () => await her.context.close())

    test('story 2: a passport is born in the browser, and anybody proves where it lives; absence as clearly', async () => {
      const { page } = her
      await page.goto(`${wallet}/`)
      await page.getByRole('button', { name: 'Make my passport' }).waitFor()
      await requireAccessible(page, 'make')
      await page.getByRole('radio', { name: 'Estonia' }).check()
      await makePassport(page)
      await requireAccessible(page, 'kit')
      await page.getByRole('button', { name: 'I have written it down' }).click()
      await page.getByRole('button', { name: 'Check', exact: true }).click()
      await page.getByRole('alert').first().waitFor()
      await requireAccessible(page, 'kit, wrong')
      await page.getByRole('button', { name: 'Show it once more' }).click()
      await checkKit(page)
      await page.getByRole('heading', { name: 'In your vault' }).waitFor()
      await requireAccessible(page, 'home')
      identifier = (await page.locator('h1 .identifier').textContent()) ?? ''
      expect(identifier).toMatch(/^IN[0-9A-Z]{2}( [0-9A-Z]{4}){6}$/)

      const anybody = await sitDown(browser, size, { colorScheme })
      const looked = anybody.page
      await looked.goto(`${registry}/`)
      await looked
        .getByLabel('Identifier, name or link')
        .fill(identifier.slice(0, -2).toLowerCase().replaceAll('0', 'o') + identifier.slice(-2))
      await looked.getByRole('button', { name: 'Check', exact: true }).click()
      // she is there for everybody once a witness has replayed the head that she is under, a second or so
      const lives = looked.getByRole('heading', { name: 'Lives at EE/node/tallinn' })
      const again = looked.getByRole('button', { name: 'Check again' })
      for (let looks = 0; looks < 20; looks++) {
        await again.waitFor()
        if (await lives.isVisible()) break
        await looked.waitForTimeout(500)
        await again.click()
      }
      await lives.waitFor()
      expect(await looked.locator('.chain > li.proved').count()).toBe(6)
      for (const each of await looked.locator('.chain > li > details > summary').all()) await each.click()
      await requireAccessible(looked, 'chain')

      const nobody = `IN${'0'.repeat(24)}`
      await looked.goto(`${registry}/#${nobody}${checkCharacters(nobody)}`)
      await looked.getByRole('heading', { name: 'There is nothing under this name, and that is proved' }).waitFor()
      await requireAccessible(looked, 'absent')
      await looked.goto(`${registry}/#${identifier.slice(0, -1)}`)
      await looked.getByRole('alert').waitFor()
      expect(await looked.getByRole('alert').textContent()).toContain('28 characters')
      await looked.goto(`${registry}/#EE`)
      await looked.getByText('Kindel Kindlustus').waitFor()
      await requireAccessible(looked, 'country')
      await looked.getByText('Kindel Kindlustus').click()
      await looked.getByRole('heading', { name: 'What it may ask for' }).waitFor()
      await looked.getByRole('heading', { name: 'Proved' }).waitFor()
      await requireAccessible(looked, 'requester')
      expect(anybody.faults).toEqual([])
      await anybody.context.close()
    })

    test('story 5: she opens an ask from a shop’s page, grants a part, and goes back to the shop', async () => {
      const { page } = her
      const insurer = companyAt(setting!.consoles.insurer)
      await openFromShop(page, shop, await insurer.ask(insurersTerms))
      await page.getByText('Your vault has none of this yet').waitFor()
      await requireAccessible(page, 'ask over an empty vault')
      await bringIn(page)
      await page.getByText('worked out from').waitFor({ timeout: 60_000 })
      const [needed, optional] = await page.getByRole('switch').all()
      await optional?.check()
      await page.getByText('See them').first().click()
      await page.getByRole('cell').first().waitFor()
      await requireAccessible(page, 'ask, everything open')
      await optional?.uncheck()
      await needed?.uncheck()
      await page.getByText('Turn it on, or say no').waitFor()
      expect(await page.getByRole('button', { name: 'Agree' }).isDisabled()).toBe(true)
      await needed?.check()
      await page.getByRole('button', { name: 'Agree' }).click()
      await page.getByText('has been told').waitFor()
      await requireAccessible(page, 'agreed')
      const agreement = await agreementOn(page)
      expect((await insurer.agreements()).map((each) => each.agreement)).toContain(agreement)
      expect(page.url().startsWith(wallet)).toBe(true)
      await page
        .getByRole('link', { name: 'Back to' })
        .or(page.getByRole('button', { name: 'Back to' }))
        .click()
      await page.getByRole('heading', { name: 'A shop' }).waitFor()
      // nothing is agreed to twice, by a link opened once more either
      await page.goBack()
      await page.getByRole('heading', { name: 'You have agreed' }).waitFor()
    })

    test('story 6: the insurer asks her vault, and the line on her trail opens down to its proof', async () => {
      const { page } = her
      const insurer = companyAt(setting!.consoles.insurer)
      const agreement = await agreementOn(page)
      const answer = await insurer.query(agreement, { strand: 'mobility.rides', claims: ['rides_per_week'] })
      expect(answer.status).toBe(200)
      expect(JSON.stringify(answer.body)).toContain('"value":"3.8"')
      const more = await insurer.query(agreement, { strand: 'mobility.rides', claims: ['begin_address'] })
      expect(more.status).toBe(403)
      await page.getByRole('link', { name: 'Trail' }).click()
      await page.getByText(/\d+ of \d+ lines proved, none missing/).waitFor()
      await expect
        .poll(
          async () => {
            await page.getByRole('button', { name: 'Read it again' }).click()
            await page.getByText(/lines proved, none missing/).waitFor()
            return await page.locator('.trail > li.waiting').count()
          },
          { timeout: 15_000, interval: 700 },
        )
        .toBe(0)
      const line = page.locator('.trail > li.proved', { hasText: 'answered' }).first()
      await line.locator('summary').click()
      expect(await line.textContent()).toContain('under a head that its own key has signed')
      await requireAccessible(page, 'trail')
    })

    test('story 7: she pauses, resumes and revokes; in effect at once, and nothing is answered any more', async () => {
      const { page } = her
      const insurer = companyAt(setting!.consoles.insurer)
      const ridden = { strand: 'mobility.rides', claims: ['rides_per_week'] }
      await page.getByRole('link', { name: 'Agreements' }).click()
      await page.getByRole('heading', { name: 'What you agreed to' }).waitFor()
      await page.getByRole('link', { name: 'Kindel Kindlustus' }).waitFor()
      await requireAccessible(page, 'agreements')
      await page.getByRole('link', { name: 'Kindel Kindlustus' }).first().click()
      await page.getByRole('button', { name: 'Pause' }).click()
      await page.getByText(/In effect in \d+\.\d+ s/).waitFor()
      const agreement = page.url().split('/').at(-1) ?? ''
      expect((await insurer.query(agreement, ridden)).status).toBe(403)
      await page.getByRole('button', { name: 'Resume' }).click()
      await page.getByText('It is in force again').waitFor()
      expect((await insurer.query(agreement, ridden)).status).toBe(200)
      await page.getByRole('button', { name: 'Revoke' }).click()
      await requireAccessible(page, 'revoke, asked')
      await page.getByRole('button', { name: 'Revoke now' }).click()
      await page.getByText(/In effect in \d+\.\d+ s/).waitFor()
      expect((await insurer.query(agreement, ridden)).status).toBe(404)
      await page.getByText('revoked', { exact: true }).waitFor()
      await requireAccessible(page, 'revoked')
    })

    test('story 15: a printed card stops everything from a browser that knows nothing, and can do nothing else', async () => {
      const { page } = her
      const insurer = companyAt(setting!.consoles.insurer)
      const ridden = { strand: 'mobility.rides', claims: ['rides_per_week'] }
      await page.goto(`${wallet}/#card`)
      await page.getByRole('button', { name: 'Make a card' }).click()
      await page.getByText('shown this once').waitFor()
      await requireAccessible(page, 'card')
      card = (await page.locator('.card dd code').allTextContents()).join(' ')
      await openFromShop(page, shop, await insurer.ask(insurersTerms))
      await page.getByRole('button', { name: 'Agree' }).click()
      await page.getByText('has been told').waitFor()
      const agreement = await agreementOn(page)
      expect((await insurer.query(agreement, ridden)).status).toBe(200)

      const relative = await sitDown(browser, size, { colorScheme })
      await relative.page.goto(`${wallet}/#stop`)
      await relative.page.getByLabel('Vault and code').fill(card.replace(/.$/, '?'))
      await relative.page.getByRole('button', { name: 'Revoke everything' }).click()
      await relative.page.getByRole('alert').waitFor()
      await requireAccessible(relative.page, 'stop, mistyped')
      await relative.page.getByLabel('Vault and code').fill(card.toLowerCase().replaceAll('0', 'o'))
      await relative.page.getByRole('button', { name: 'Revoke everything' }).click()
      await relative.page.getByRole('heading', { name: 'Everything is revoked' }).waitFor()
      await requireAccessible(relative.page, 'stopped')
      expect((await insurer.query(agreement, ridden)).status).toBe(404)
      expect(relative.faults).toEqual([])
      // in all of her stories nothing was thrown, and nothing asked for what the policy forbids
      expect(her.faults).toEqual([])
      await relative.context.close()
    })
  })
}
