import { fileURLToPath } from 'node:url'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { expect } from 'vitest'

export const samples = fileURLToPath(new URL('../samples/', import.meta.url))

/** Two sizes that people hold in their hands or have before them. */
export const sizes = {
  phone: { width: 390, height: 844 },
  desktop: { width: 1280, height: 900 },
} as const
export type Size = keyof typeof sizes

export type Seat = {
  readonly context: BrowserContext
  readonly page: Page
  /** What scripts threw, and what the page's policy stopped: nothing, in every journey. */
  readonly faults: readonly string[]
}

/** A browser that nobody has used yet, with one page. */
export async function sitDown(
  browser: Browser,
  size: Size = 'phone',
  more: { readonly colorScheme?: 'light' | 'dark'; readonly locale?: string; readonly reducedMotion?: 'reduce' } = {},
): Promise<Seat> {
  const context = await browser.newContext({ viewport: sizes[size], locale: 'en-IN', reducedMotion: 'reduce', ...more })
  context.setDefaultTimeout(20_000)
  const page = await context.newPage()
  const faults: string[] = []
  watch(page, faults)
  context.on('page', (another) => watch(another, faults))
  return { context, page, faults }
}

function watch(page: Page, faults: string[]): void {
  page.on('pageerror', (error) => faults.push(`thrown: ${error.message}`))
  page.on('console', (message) => {
    // a refusal with a status is an answer like any other
    if (message.type() === 'error' && !message.text().includes('Failed to load resource')) faults.push(message.text())
  })
}

/** Every rule of axe, on the page as it is now: nothing may be found. */
export async function requireAccessible(page: Page, state: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  const found = violations.map(
    ({ id, nodes }) => `${state}: ${id} at ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
  )
  expect.soft(found).toEqual([])
}

/** Makes a passport on the page that asks for one. */
export async function makePassport(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Make my passport' }).click()
  await page.getByRole('heading', { name: 'Your recovery kit' }).waitFor({ timeout: 30_000 })
}

/** Writes the kit down and types two of its words back. */
export async function checkKit(page: Page): Promise<readonly string[]> {
  const words = await page.locator('.kit code').allTextContents()
  await page.getByRole('button', { name: 'I have written it down' }).click()
  for (const input of await page.locator('input[name^=word-]').all()) {
    const place = Number((await input.getAttribute('name'))?.slice('word-'.length))
    await input.fill((words[place - 1] ?? '').toLowerCase())
  }
  await page.getByRole('button', { name: 'Check', exact: true }).click()
  await page.getByRole('heading', { name: 'Two words' }).waitFor({ state: 'detached' })
  return words
}

/** Drops an export in. */
export async function bringIn(page: Page, file = 'trips_data.csv'): Promise<void> {
  await page.locator('input[type=file]').setInputFiles(samples + file)
}

/** A person with a passport, a kit and rides in her vault. */
export async function settle(page: Page, wallet: string): Promise<void> {
  await page.goto(`${wallet}/`)
  await makePassport(page)
  await checkKit(page)
  await page
    .getByRole('button', { name: 'Bring something in' })
    .or(page.getByRole('link', { name: 'Bring something in' }))
    .click()
  await bringIn(page)
  await page.getByRole('heading', { name: 'is in' }).waitFor({ timeout: 60_000 })
}

/** Opens an ask from a page elsewhere, as a person does. */
export async function openFromShop(page: Page, shop: string, link: string): Promise<void> {
  await page.goto(`${shop}/?ask=${encodeURIComponent(link)}`)
  await page.getByRole('link', { name: 'Ask with my passport' }).click()
}

/** The agreement that the page before us shows. */
export async function agreementOn(page: Page): Promise<string> {
  const href = await page.getByRole('link', { name: 'Look at the agreement' }).getAttribute('href')
  return href?.slice('/#agreements/'.length) ?? ''
}
