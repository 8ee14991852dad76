import type { Browser, CDPSession, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { chromiumAt, startChromium } from './chromium.ts'
import { companyAt, insurersTerms } from './company.ts'
import { agreementOn, bringIn, checkKit, makePassport, requireAccessible, type Seat, sitDown } from './person.ts'

const setting = inject('setting')
let browser: Browser

beforeAll(async () => {
  if (chromiumAt !== undefined) browser = await startChromium()
})
afterAll(async () => await browser?.close())

/** A device that has passkeys which give keys, and her finger on it. */
type Device = {
  /** Another finger lies on it than hers. */
  readonly mistake: () => Promise<void>
  /** It has no passkeys any more. */
  readonly lose: () => Promise<void>
}

async function fingerOn(page: Page): Promise<Device> {
  const cdp: CDPSession = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      hasPrf: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  return {
    mistake: async () => void (await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })),
    lose: async () => void (await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId })),
  }
}

/** What a thief of the profile does, who has all that lies in it and can use its keys: whether the seed opens. */
async function opensToThief(page: Page): Promise<boolean> {
  return await page.evaluate<boolean>(`(async () => {
    const database = await new Promise((resolve) => {
      const opening = indexedDB.open('dcann-wallet')
      opening.onsuccess = () => resolve(opening.result)
    })
    const read = (key) => new Promise((resolve) => {
      const reading = database.transaction('kept').objectStore('kept').get(key)
      reading.onsuccess = () => resolve(reading.result)
    })
    const [lock, seed] = [await read('box/lock'), await read('box/seed')]
    const opened = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: seed.iv }, lock, seed.bytes).catch(() => undefined)
    return opened?.byteLength === 32
  })()`)
}

describe.skipIf(setting === undefined)('a passkey guards the seed', () => {
  // passkeys belong to names, and this is the name that every machine has
  const named = (url: string): string => url.replace('127.0.0.1', 'localhost')
  const wallet = named(setting?.wallet ?? '')
  let her: Seat
  let finger: Device
  let words: readonly string[] = []

  beforeAll(async () => {
    her = await sitDown(browser)
    finger = await fingerOn(her.page)
  })
  afterAll(async () => await her?.context.close())

  /** Opens an ask and agrees to it; what comes of it is for the caller to see. */
  const agree = async (): Promise<void> => {
    const { page } = her
    await page.goto(named(await companyAt(setting!.consoles.insurer).ask(insurersTerms)))
    await page.getByRole('button', { name: 'Agree' }).click()
  }

  test('once she says so, on a screen that she can skip, and a copied profile does not open it any more', async () => {
    const { page } = her
    await page.goto(`${wallet}/`)
    await makePassport(page)
    words = await checkKit(page)
    await page.getByRole('heading', { name: 'Protect your keys with a passkey' }).waitFor()
    await requireAccessible(page, 'guard')
    await page.getByRole('button', { name: 'Not now' }).click()
    await page.getByRole('heading', { name: 'In your vault' }).waitFor()
    expect(await opensToThief(page)).toBe(true)
    await page.getByRole('link', { name: 'Choose a passkey' }).click()
    await page.getByRole('button', { name: 'Protect them' }).click()
    await page.getByRole('heading', { name: 'A passkey protects your keys' }).waitFor()
    await requireAccessible(page, 'guarded')
    expect(await opensToThief(page)).toBe(false)
    await page.goto(`${wallet}/#bring`)
    await bringIn(page)
    await page.getByRole('heading', { name: 'is in' }).waitFor({ timeout: 60_000 })
  })

  test('nothing is agreed to without it, and stopping never needs it', async () => {
    const { page } = her
    await agree()
    await page.getByText('has been told').waitFor()
    const agreement = await agreementOn(page)
    await finger.mistake()
    const before = await companyAt(setting!.consoles.insurer).agreements()
    await agree()
    await page.getByText('The passkey did not answer, so nothing was signed').waitFor()
    await requireAccessible(page, 'ask, passkey that did not answer')
    expect(await companyAt(setting!.consoles.insurer).agreements()).toHaveLength(before.length)
    await page.goto(`${wallet}/#agreements/${agreement}`)
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText(/In effect in \d+\.\d+ s/).waitFor()
  })

  test('a lost one is got past with the kit on paper, and with no other', async () => {
    const { page } = her
    await finger.lose()
    await page.goto(`${wallet}/#guard`)
    await page.getByText('The passkey is lost').click()
    const kit = page.getByLabel('The 14 words of your kit')
    await kit.fill(words.toReversed().join(' '))
    await page.getByRole('button', { name: 'Open with the kit' }).click()
    await page.getByRole('alert').waitFor()
    await kit.fill(words.join(' ').toLowerCase())
    await page.getByRole('button', { name: 'Open with the kit' }).click()
    await page.getByText('This device has no passkey that could do that').waitFor()
    await agree()
    await page.getByText('has been told').waitFor()
    expect(her.faults).toEqual([])
  })
})
