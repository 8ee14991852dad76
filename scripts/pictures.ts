// Takes the pictures that the README shows, from real processes: npm run pictures
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkVerifyStrict } from '@dcann/protocol/verify-strict'
import type { Browser, Page } from 'playwright-core'
import { startChromium } from '../test/browser/chromium.ts'
import { companyAt, insurersTerms } from '../test/browser/company.ts'
import { agreementOn, settle, sitDown } from '../test/browser/person.ts'
import { freePorts } from './federation/part.ts'
import { type Federation, startFederation } from './federation/parts.ts'
import { apps, keepBuilt } from './web/bundle.ts'

const folder = fileURLToPath(new URL('../docs/pictures/', import.meta.url))
mkdirSync(folder, { recursive: true })
for (const app of apps) await keepBuilt(app)
await checkVerifyStrict()
const at = mkdtempSync(join(tmpdir(), 'dcann-pictures-'))
const federation = await startFederation({ folder: at, seed: 'demo', ports: await freePorts(12), witnessed: true })
const browser = await startChromium()
try {
  await federation.startPages()
  for (const colorScheme of ['light', 'dark'] as const) await take(browser, federation, colorScheme)
} finally {
  await browser.close()
  await federation.stop()
  rmSync(at, { recursive: true, force: true })
}

/** One person's way through the pages, at the size of a phone. */
async function take(browser: Browser, { walletUrl, registry, consoles }: Federation, colorScheme: 'light' | 'dark') {
  const { page, context } = await sitDown(browser, 'phone', { colorScheme, reducedMotion: 'reduce' })
  const insurer = companyAt(consoles.insurer)
  const picture = async (of: Page, name: string): Promise<void> => {
    await of.screenshot({ path: join(folder, `${name}-${colorScheme}.png`) })
    console.log(`docs/pictures/${name}-${colorScheme}.png`)
  }
  await settle(page, walletUrl)
  await page.goto(await insurer.ask(insurersTerms))
  await page.getByText('worked out from').waitFor()
  await picture(page, 'ask')
  await page.getByRole('button', { name: 'Agree' }).click()
  await page.getByText('has been told').waitFor()
  const agreement = await agreementOn(page)
  await insurer.query(agreement, { strand: 'mobility.rides', claims: ['rides_per_week'] })
  await page.getByRole('link', { name: 'Look at the agreement' }).click()
  await page.getByRole('button', { name: 'Revoke' }).click()
  await page.getByRole('button', { name: 'Revoke now' }).click()
  await page.getByText(/In effect in/).waitFor()
  await picture(page, 'revoked')
  // the newest lines have their place in the log a second later
  await page.waitForTimeout(2500)
  await page.getByRole('link', { name: 'Trail' }).click()
  await page.getByText('none missing').waitFor()
  await picture(page, 'trail')
  await page.goto(`${walletUrl}/`)
  const identifier = await page.locator('h1 .identifier').textContent()
  await page.goto(`${registry.url}/#${identifier}`)
  await page.getByRole('heading', { name: 'Lives at' }).waitFor()
  await picture(page, 'explorer')
  await context.close()
}
