import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { sha256, utf8 } from '@dcann/protocol/bytes'
import { writeSeedText } from '@dcann/protocol/seed'
import { readAsk } from '@dcann/sdk/requester'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { startChromium } from './chromium.ts'
import { type Hands, handsOn, type Way } from './hands.ts'
import { type PastedPage, servePasted } from './pasted.ts'
import { agreementOn, requireAccessible, type Seat, settle, sitDown, type Size } from './person.ts'
import { type Bench, codeOf, openBench } from './shown-code.ts'

const setting = inject('setting')
const { wallet = '', seed = '', rootFile = '', consoles, gateways } = setting ?? {}
const { url: office = '', tokenFile = '' } = consoles?.insurer ?? {}
let browser: Browser
let her: Seat
let identifier = ''

beforeAll(async () => {
  if (setting === undefined) return
  browser = await startChromium()
  her = await sitDown(browser)
  await settle(her.page, wallet)
  await her.page.goto(`${wallet}/`)
  identifier = (await her.page.locator('h1 .identifier').textContent()) ?? ''
})
afterAll(async () => await browser?.close())

const cases: readonly { readonly size: Size; readonly colorScheme: 'light' | 'dark'; readonly way: Way }[] = [
  { size: 'phone', colorScheme: 'light', way: 'pointer' },
  { size: 'desktop', colorScheme: 'dark', way: 'keys' },
]

for (const { size, colorScheme, way } of cases) {
  describe.skipIf(setting === undefined)(`a company at its console, ${size}, ${colorScheme}, by ${way}`, () => {
    /** What is shown as code is run where the page has room for it, and once. */
    const isTried = size === 'desktop'
    let seat: Seat
    let page: Page
    let hands: Hands
    let bench: Bench
    let shop: PastedPage | undefined
    /** What a person will read, as the form showed it. */
    let foreseen: readonly string[] = []
    let offer = ''
    let agreement = ''

    beforeAll(async () => {
      seat = await sitDown(browser, size, { colorScheme })
      await seat.context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: office })
      page = seat.page
      hands = handsOn(page, way)
      bench = openBench()
      bench.put('root.json', readFileSync(rootFile, 'utf8'))
      // the key of the demo's company, as `dcann key make` would have kept it
      const key = sha256(utf8(`dcann/test-key/1\n${seed}/EE/requester/insurer/0`))
      bench.put('requester.key', writeSeedText(key))
    })
    afterAll(async () => {
      await shop?.stop()
      bench.clear()
      await seat.context.close()
    })

    const goTo = async (room: string): Promise<void> => {
      await hands.press(page.getByRole('navigation').getByRole('link', { name: room, exact: true }))
      await page.getByRole('heading', { level: 1, name: room }).waitFor()
    }
    const press = async (name: string, within: Page | Locator = page): Promise<void> =>
      await hands.press(within.getByRole('button', { name, exact: true }))

    test('is asked for the token, which stands where the page says', async () => {
      await page.goto(`${office}/`)
      await page.getByRole('heading', { name: 'Open the console' }).waitFor()
      await requireAccessible(page, 'console: token')
      await hands.write(page.getByLabel('Token', { exact: true }), 'x'.repeat(40))
      await press('Open')
      await page.getByText('not the token of this gateway').waitFor()
      await requireAccessible(page, 'console: wrong token')
      const how = (await page.getByRole('region', { name: 'How to read the token' }).textContent()) ?? ''
      const token = execFileSync('sh', ['-c', how], { encoding: 'utf8' }).trim()
      await hands.write(page.getByLabel('Token', { exact: true }), token)
      await press('Open')
      await page.getByText('Speaking for').waitFor()
      // in this tab alone
      const another = await seat.context.newPage()
      await another.goto(`${office}/`)
      await another.getByRole('heading', { name: 'Open the console' }).waitFor()
      expect(await another.getByText('Speaking for').count()).toBe(0)
      await another.close()
    })

    test('writes an ask, sees what a person will see, signs it, and copies a button', async () => {
      await goTo('New ask')
      await press('Sign it')
      await page.getByText('to be mended').waitFor()
      await requireAccessible(page, 'console: faults')
      await hands.write(page.getByLabel('Strand'), 'mobility.rides')
      await press('Take rides_per_week')
      await hands.write(page.getByLabel('What for, in English'), 'To price your cover by how much you ride')
      await press('Add a term')
      const second = page.getByRole('group', { name: 'Term 2', exact: true })
      await hands.write(second.getByLabel('Strand'), 'mobility.rides')
      await hands.write(second.getByLabel('What of it'), 'begin_address, end_address')
      await hands.write(second.getByLabel('What for, in English'), 'To see where you ride')
      await press('Give something')
      await hands.write(page.getByLabel('Amount'), '5.00')
      const screen = page.locator('.screen')
      await screen.getByText('worked out from').waitFor()
      await expect.poll(async () => await screen.locator('.terms article').count()).toBe(2)
      await requireAccessible(page, 'console: form')
      foreseen = await wordsOf(screen)
      if (isTried) {
        const { curl, typescript } = await codeOf(page.locator('form'))
        const asked = JSON.parse(await bench.shell(curl)) as { readonly link: string; readonly offer: string }
        expect(readAsk(asked.link).offer).toBe(asked.offer)
        const [address = '', link = ''] = (await bench.typescript(typescript)).trim().split('\n')
        expect(address.startsWith(`${gateways?.insurer}/offers/${readAsk(link).offer}`)).toBe(true)
      }
      await press('Sign it')
      await page.getByRole('heading', { name: 'Signed. Hand it out' }).waitFor()
      await requireAccessible(page, 'console: signed')
      const pasted = page.locator('section', { has: page.getByRole('heading', { name: 'A button for your page' }) })
      await press('Copy', pasted)
      await pasted.getByText('Copied').waitFor()
      const lines = String(await page.evaluate('navigator.clipboard.readText()'))
      expect(lines).toContain('<ask-with-my-passport')
      expect(await pasted.getByRole('region').textContent()).toBe(lines)
      offer = /offer="([\w-]{43})"/.exec(lines)?.[1] ?? ''
      shop = await servePasted(lines, gateways?.insurer)
    })

    test('delivers it to a vault as well, where it is pending', async () => {
      await hands.press(page.getByRole('button', { name: 'Deliver it to a vault' }))
      await page.getByRole('heading', { level: 1, name: 'Sent' }).waitFor()
      await hands.write(page.getByLabel('To whom'), identifier)
      const { curl, typescript } = await codeOf(page.locator('main'))
      await press('Deliver')
      await page.locator('article', { hasText: offer }).getByText('pending').waitFor()
      await requireAccessible(page, 'console: sent')
      if (!isTried) return
      // the same again is the same proposal, whoever says it
      const { proposal } = JSON.parse(await bench.shell(curl)) as { readonly proposal: string }
      expect(await bench.typescript(typescript)).toContain(proposal)
    })

    test('a person answers on their own page, and reads there the very words that the form showed', async () => {
      const reader = await her.context.newPage()
      await reader.setViewportSize(page.viewportSize() ?? { width: 390, height: 844 })
      const own = handsOn(reader, way)
      await reader.goto(shop?.url ?? '')
      const link = reader.getByRole('link', { name: 'Answer with my passport' })
      await link.waitFor()
      await requireAccessible(reader, 'shop')
      await own.press(link)
      await reader.getByText('worked out from').waitFor()
      const read = await wordsOf(reader.locator('main'))
      expect(read.length).toBeGreaterThan(20)
      expect(read).toEqual(foreseen)
      await own.press(reader.getByRole('button', { name: 'Agree', exact: true }))
      await reader.getByText('has been told').waitFor()
      agreement = await agreementOn(reader)
      await reader.close()
    })

    test('sees the agreement, what was signed and everything that happened under it', async () => {
      await goTo('Agreements')
      const card = page.locator('article', { hasText: agreement })
      await card.getByText('active', { exact: true }).waitFor()
      await requireAccessible(page, 'console: agreements')
      await hands.press(card.getByRole('button', { name: 'Look at it' }))
      await page.getByText('Proved here').waitFor()
      await page.getByText('1 line, and none before it').waitFor()
      await requireAccessible(page, 'console: agreement')
      if (!isTried) return
      const { curl, typescript } = await codeOf(page.locator('main'))
      const said = await bench.shell(curl)
      expect(JSON.parse(said)).toMatchObject({ agreement, standing: 'active' })
      bench.put('agreement.json', said)
      expect(await bench.typescript(typescript)).toMatch(/^1 active [\w-]{43}\n$/)
    })

    test('asks one question, proves the answer in the page, and keeps the evidence', async () => {
      await hands.press(page.getByRole('button', { name: 'Ask under it' }))
      await page.getByRole('heading', { level: 1, name: 'Query' }).waitFor()
      const { curl, typescript } = await codeOf(page.locator('main'))
      await press('Ask')
      await page.getByText('3.8', { exact: true }).waitFor()
      await requireAccessible(page, 'console: answer')
      if (isTried) {
        expect(JSON.parse(await bench.shell(curl))).toMatchObject({ complete: true, answer: [{ derived: {} }] })
        expect(JSON.parse(await bench.typescript(typescript))).toMatchObject([
          { derived: { rides_per_week: { value: '3.8' } } },
        ])
      }
      await hands.press(page.getByRole('link', { name: 'Prove it, and keep the evidence' }))
      const card = page.locator('article', { hasText: agreement }).first()
      const proved = card.getByText(/^Proved: all \d+ links hold$/)
      // its place in the node's log comes a second or two after the answer
      await expect
        .poll(
          async () => {
            if (!(await proved.isVisible())) await press('Prove it here', card)
            await card.getByText(/^Proved/).waitFor()
            return await proved.isVisible()
          },
          { timeout: 20_000, interval: 700 },
        )
        .toBe(true)
      await requireAccessible(page, 'console: evidence')
      if (!isTried) return
      const shown = await codeOf(card)
      expect(await bench.shell(shown.curl)).toContain('verified')
      expect(await bench.typescript(shown.typescript)).toMatch(/^verified\n/)
    })

    test('says what it gave, and gives the agreement up', async () => {
      await page.goto(`${office}/#receipts/${agreement}`)
      await page.getByRole('heading', { level: 1, name: 'Receipts' }).waitFor()
      await hands.write(page.getByLabel('Amount'), '5.00')
      await hands.write(page.getByLabel('Reference in your books'), `inv-${size}`)
      const { curl } = await codeOf(page.locator('main'))
      await press('Give a receipt')
      const given = page.locator('article', { hasText: agreement }).filter({ hasText: `inv-${size}` })
      await given.getByText(/^Line \d+ of the agreement/).waitFor()
      await requireAccessible(page, 'console: receipts')
      if (isTried) expect(JSON.parse(await bench.shell(curl))).toMatchObject({ agreement, n: expect.any(Number) })
      await hands.press(given.getByRole('link'))
      await page.getByText(/^\d+ lines, each proved/).waitFor()
      await press('Give it up')
      await page.getByRole('alertdialog').waitFor()
      await requireAccessible(page, 'console: giving up')
      if (isTried) {
        const shown = await codeOf(page.getByRole('alertdialog'))
        expect(await bench.typescript(shown.typescript)).toContain('retired')
        expect(JSON.parse(await bench.shell(shown.curl))).toMatchObject({ agreement, standing: 'retired' })
        await page.reload()
      } else await press('Give it up', page.getByRole('alertdialog'))
      await page.getByText('given up', { exact: true }).first().waitFor()
      await press('Forget the token')
      await page.getByRole('heading', { name: 'Open the console' }).waitFor()
      expect(seat.faults).toEqual([])
      expect(readFileSync(tokenFile, 'utf8').length).toBeGreaterThan(32)
    })
  })
}

/** Everything that an ask says to its reader, save what depends on what is in their own vault and on the time of day. */
async function wordsOf(screen: Locator): Promise<readonly string[]> {
  const places = ['h1', '.who', '.terms .switch', '.terms [id$=-why]', '.terms dl > *', '.summary dl > *', '.decide']
  const said = await Promise.all(places.map(async (place) => await screen.locator(place).allTextContents()))
  return said.flat().map((text) => text.replaceAll(/\s+/g, ' ').trim())
}
