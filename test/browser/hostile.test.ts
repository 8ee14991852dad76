import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { chromiumAt, startChromium } from './chromium.ts'
import { companyAt, insurersTerm } from './company.ts'
import { payloads } from './payloads.ts'
import { checkKit, makePassport, samples, type Seat, sitDown } from './person.ts'

const setting = inject('setting')
let browser: Browser

beforeAll(async () => {
  if (chromiumAt !== undefined) browser = await startChromium()
})
afterAll(async () => await browser?.close())

/** What left for anywhere but the parties of this federation, and whether a script of a payload ran. */
function watchOver(seat: Seat, struck: string[]): void {
  seat.context.on('request', (request) => {
    if (request.url().includes('struck') || request.url().startsWith('http://127.0.0.1:9/')) struck.push(request.url())
  })
  seat.context.on('page', (page) => page.on('dialog', (dialog) => struck.push(dialog.message())))
  seat.page.on('dialog', (dialog) => {
    struck.push(dialog.message())
    void dialog.dismiss()
  })
}

describe.skipIf(setting === undefined)('text from outside', () => {
  const { wallet = '', registry = '' } = setting ?? {}

  test(`is text in every place that shows it: ${payloads.length} payloads`, async () => {
    expect(payloads.length).toBeGreaterThanOrEqual(60)
    const seat = await sitDown(browser)
    const { page } = seat
    const struck: string[] = []
    watchOver(seat, struck)
    await page.goto(`${wallet}/`)
    await makePassport(page)
    await checkKit(page)

    // in every field of her data: an export made of payloads, under a name that is one
    const [header = ''] = readFileSync(join(samples, 'trips_data.csv'), 'utf8').split(/\r?\n/)
    const rows = payloads.map((payload, i) => {
      const address = `"${payload.replaceAll('"', '""').replaceAll('\u0000', '')}"`
      const at = `2026-11-20 1${Math.floor(i / 60)}:${String(i % 60).padStart(2, '0')}`
      return `Tallinn,Green,COMPLETED,${at}:00 +0000 UTC,${at}:10 +0000 UTC,59.4,24.7,${address},${at}:50 +0000 UTC,59.4,24.7,"Pikk 1",1.7,4.7,EUR`
    })
    expect(header.split(',').indexOf('Begin Trip Address')).toBe(7)
    await page.getByRole('button', { name: 'Bring something in' }).click()
    await page.locator('input[type=file]').setInputFiles({
      name: '<img src=x onerror=window.struck=1>.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from([header, ...rows].join('\n')),
    })
    await page.getByRole('heading', { name: 'is in' }).waitFor()
    for (const summary of await page.locator('.note summary').all()) await summary.click()

    // in what a company writes, as far as the schemas let it through; and the rows above, as they would leave
    const insurer = companyAt(setting!.consoles.insurer)
    const printable = payloads.filter((payload) => payload.length <= 400 && !/[\p{Cc}\p{Cf}]/u.test(payload))
    const texts = printable.filter((_, i) => i % 6 === 0)
    const terms = texts.map((text, i) =>
      insurersTerm(`t${i}`, ['begin_address'], {
        optional: true,
        data_range: null,
        purpose_text: { en: text.trim() },
      }),
    )
    const needed = insurersTerm('needed', ['begin_address'], { data_range: null })
    await page.goto(await insurer.ask([needed, ...terms], { value: { gives: [], settle_by: 'P30D' } }))
    await page.getByText('See them').first().waitFor()
    expect(await page.locator('.terms article').count()).toBe(terms.length + 1)
    await page.getByText('See them').first().click()
    await page.getByRole('cell').first().waitFor()
    expect(await page.locator('.terms').textContent()).toContain('<script>')
    for (const summary of await page.locator('.terms summary').all()) await summary.click()

    // in what somebody types, and in links that somebody is given
    for (const payload of payloads) {
      await page.goto(`${registry}/#${encodeURIComponent(payload.toWellFormed())}`)
      await page.getByRole('heading', { name: 'Check what the registry says' }).waitFor()
    }
    await page.getByLabel('Identifier, name or link').fill(payloads[0] ?? '')
    await page.getByRole('button', { name: 'Check', exact: true }).click()
    await page.getByRole('alert').waitFor()
    for (const payload of payloads.slice(0, 6)) {
      await page.goto(`${wallet}/ask#${encodeURIComponent(payload)}`)
      await page.reload()
      await page.getByRole('heading', { name: 'This ask is not shown' }).waitFor()
    }
    expect(await page.evaluate('window.struck')).toBeUndefined()
    expect(struck).toEqual([])
    expect(seat.faults).toEqual([])
    await seat.context.close()
  })

  test('the pages are framed by nobody, and run nothing that did not come with them', async () => {
    const seat = await sitDown(browser)
    for (const url of [`${wallet}/`, `${wallet}/ask`, `${registry}/`]) {
      const answer = await seat.page.goto(url)
      const policy = answer?.headers()['content-security-policy'] ?? ''
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).toContain("script-src 'self';")
      expect(policy).toContain("require-trusted-types-for 'script'")
      const ran = await seat.page.evaluate(
        "(() => { try { document.body.insertAdjacentHTML('beforeend', '<b>x</b>'); return true } catch { return false } })()",
      )
      expect(ran).toBe(false)
    }
    await seat.context.close()
  })
})
