import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { startChromium } from './chromium.ts'
import { companyAt, insurersTerms } from './company.ts'
import { servePasted } from './pasted.ts'
import { sitDown } from './person.ts'

const setting = inject('setting')
const { wallet = '', consoles } = setting ?? {}
const { url: office = '', tokenFile = '' } = consoles?.insurer ?? {}
let browser: Browser

beforeAll(async () => {
  if (setting === undefined) return
  browser = await startChromium()
})
afterAll(async () => await browser?.close())

/** What the gateway has been asked, by route and by how that ended, as it counts it itself. */
async function counted(): Promise<string> {
  const authorization = `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`
  return await (await fetch(`${office}/metrics`, { headers: { authorization } })).text()
}

/** Calls of the console's that came further than its door, and how many of each. */
function callsIn(metrics: string): readonly string[] {
  return metrics.split('\n').filter((line) => line.includes('route="/v1/') && !line.includes('status="403"'))
}

const body = JSON.stringify({ terms: insurersTerms, value: { gives: [], settle_by: 'P30D' }, lasts: 'P90D' })

describe.skipIf(setting === undefined)('a page elsewhere, in the browser of somebody who works here', () => {
  test('does nothing at the console, by whatever it sends, even if it had the token', async () => {
    const token = readFileSync(tokenFile, 'utf8').trim()
    const form = `<form method="post" enctype="text/plain" action="${office}/v1/asks"><input name='${body.slice(0, -1)},"x":"' value='"}'></form>`
    const elsewhere = await servePasted(form)
    const seat = await sitDown(browser)
    const before = callsIn(await counted())
    // of another port, which browsers hold to be the same site, and of another name
    for (const origin of [elsewhere.url, elsewhere.url.replace('127.0.0.1', 'localhost')]) {
      await seat.page.goto(origin)
      expect(await sentFrom(seat.page, office, body, token)).toEqual({
        simple: 'refused',
        opaque: 'refused',
        asJson: 'refused',
        withToken: 'refused',
        read: 'refused',
        place: 'refused',
        image: 'refused',
        script: 'refused',
      })
      const posted = seat.page.waitForResponse((answer) => answer.url() === `${office}/v1/asks`)
      await seat.page.evaluate('document.forms[0].submit()')
      expect((await posted).status()).toBe(403)
      await seat.page.waitForURL(`${office}/v1/asks`)
    }
    expect(callsIn(await counted())).toEqual(before)
    // the same bytes from a program that has the token do count, so that counting tells
    await companyAt(setting!.consoles.insurer).ask(insurersTerms)
    expect(callsIn(await counted())).not.toEqual(before)
    await seat.context.close()
    await elsewhere.stop()
  })

  test('does not reach the console under a name that somebody rebound to this machine', async () => {
    const rebound = await startChromium({ 'evil.test': '127.0.0.1' })
    const page = await (await rebound.newContext()).newPage()
    const address = office.replace('127.0.0.1', 'evil.test')
    const before = callsIn(await counted())
    const answer = await page.goto(`${address}/`)
    expect(answer?.status()).toBe(403)
    expect(await page.content()).not.toContain('<script')
    // and from a page that somebody served under that name, to its browser one origin with the console
    const form = `<form method="post" enctype="text/plain" action="/v1/asks"><input name='${body.slice(0, -1)},"x":"' value='"}'></form>`
    await page.route('**/theirs', async (route) => await route.fulfill({ contentType: 'text/html', body: form }))
    await page.goto(`${address}/theirs`)
    const token = readFileSync(tokenFile, 'utf8').trim()
    const told = await page.evaluate(
      `fetch('/v1/agreements', { headers: { authorization: 'Bearer ${token}' } }).then((answer) => answer.status, () => 'refused')`,
    )
    // by the gateway, or by the browser before it, when it keeps pages of the network away from this machine
    expect([403, 'refused']).toContain(told)
    const posted = page.waitForResponse((one) => one.url() === `${address}/v1/asks`)
    await page.evaluate('document.forms[0].submit()')
    expect((await posted).status()).toBe(403)
    expect(callsIn(await counted())).toEqual(before)
    await rebound.close()
  })

  test('frames neither the console nor the wallet, whatever it is called', async () => {
    const seat = await sitDown(browser)
    const framed = [`${office}/`, `${wallet}/`, `${wallet}/ask`]
    const elsewhere = await servePasted(framed.map((url) => `<iframe src="${url}"></iframe>`).join(''))
    for (const origin of [elsewhere.url, elsewhere.url.replace('127.0.0.1', 'localhost')]) {
      await seat.page.goto(origin, { waitUntil: 'load' })
      const [, ...frames] = seat.page.frames()
      expect(frames).toHaveLength(framed.length)
      for (const frame of frames) {
        // what stands there is the browser's own page, or a refusal: nothing of ours, and nothing to press
        expect(await frame.locator('button, input, a, #page').count()).toBe(0)
      }
    }
    // the same lines in the address of a window of their own are the pages
    await seat.page.goto(`${office}/`)
    await seat.page.getByRole('heading', { name: 'Open the console' }).waitFor()
    await seat.context.close()
    await elsewhere.stop()
  })
})

/** Tries every way a page has to make its browser send something; says how each ended as the page sees it. */
async function sentFrom(page: Page, to: string, json: string, token: string): Promise<unknown> {
  return await page.evaluate(`(async () => {
    const ended = (sending) => sending.then((answer) => answer.type === 'opaque' ? 'opaque' : 'read', () => 'refused')
    const loaded = (name, path) => new Promise((resolve) => {
      const one = document.createElement(name)
      one.onload = () => resolve('read')
      one.onerror = () => resolve('refused')
      one.src = ${JSON.stringify(to)} + path
      document.body.append(one)
    })
    const post = (init) => fetch(${JSON.stringify(to)} + '/v1/asks', { method: 'POST', body: ${JSON.stringify(json)}, ...init })
    return {
      simple: await ended(post({ headers: { 'content-type': 'text/plain' } })),
      opaque: await ended(post({ mode: 'no-cors' })),
      asJson: await ended(post({ headers: { 'content-type': 'application/json' } })),
      withToken: await ended(post({ headers: { 'content-type': 'application/json', authorization: 'Bearer ${token}' } })),
      read: await ended(fetch(${JSON.stringify(to)} + '/v1/agreements')),
      place: await ended(fetch(${JSON.stringify(to)} + '/place.json')),
      image: await loaded('img', '/mark.svg'),
      script: await loaded('script', '/place.json'),
    }
  })()`)
}
