import type { Browser, Page, Route } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { chromiumAt, startChromium } from './chromium.ts'
import { companyAt, insurersTerms } from './company.ts'
import { agreementOn, settle, type Seat, sitDown } from './person.ts'

const setting = inject('setting')
let browser: Browser

beforeAll(async () => {
  if (chromiumAt !== undefined) browser = await startChromium()
})
afterAll(async () => await browser?.close())

/**
 * A JSON answer, as somebody on the way or behind it changes it. Answers of every route come through here, and a change that
 * finds nothing to change throws, so that the lie is not told and its test fails.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- a liar keeps to no schema
type Body = any
type Lie = { readonly about: string; readonly at: RegExp; readonly change: (body: Body) => Body }

/** Another character in the middle of a text: a signature, hash or payload that is not the one that was made. */
function spoil(text: string): string {
  const at = Math.floor(text.length / 2)
  return `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`
}

async function lie(page: Page, { at, change }: Lie): Promise<() => Promise<void>> {
  const handler = async (route: Route): Promise<void> => {
    const answer = await route.fetch()
    if (!answer.ok()) return await route.fulfill({ response: answer })
    const text = await answer.text()
    const changed = JSON.stringify(change(JSON.parse(text)))
    await route.fulfill({ response: answer, body: changed })
  }
  await page.route(at, handler)
  return async () => await page.unroute(at, handler)
}

const resolve = /\/v1\/resolve\//
const record = (name: string): RegExp => new RegExp(`/v1/zones/[A-Za-z]+/record\\?name=${encodeURIComponent(name)}`)
const spoilProof = (body: Body): Body => {
  body.proof.head.entry.map = spoil(body.proof.head.entry.map)
  return body
}
const spoilRecord = (body: Body): Body => {
  body.records[0].payload = spoil(body.records[0].payload)
  return body
}
const spoilHead = (body: Body): Body => {
  body.proof.head.checkpoint = body.proof.head.checkpoint.replace(/\n\d+\n/, '\n999999\n')
  return body
}
const withoutProof = ({ proof: _, ...body }: Body): Body => body
const asAbsent = (body: Body): Body => ({ ...body, records: [] })
const passport = (change: (body: Body) => Body) => (body: Body) => ({ ...body, passport: change(body.passport) })

/** One scripted lie for each thing that the explorer shows. */
const registryLies: readonly Lie[] = [
  { about: 'the passport’s record', at: resolve, change: passport(spoilRecord) },
  { about: 'the passport’s place in the map', at: resolve, change: passport(spoilProof) },
  { about: 'the head of the passport’s zone', at: resolve, change: passport(spoilHead) },
  { about: 'the passport, without a proof', at: resolve, change: passport(withoutProof) },
  { about: 'the passport: that there is none', at: resolve, change: passport(asAbsent) },
  { about: 'the country', at: record('country/IN'), change: spoilRecord },
  { about: 'the country’s place in the map', at: record('country/EE'), change: spoilProof },
  { about: 'the vault node', at: record('IN/node/pune'), change: spoilRecord },
  { about: 'the node: that there is none', at: record('IN/node/pune'), change: asAbsent },
  { about: 'the operator', at: record('IN/operator/sahyadri'), change: spoilRecord },
]

describe.skipIf(setting === undefined)('who lies to the page is contradicted on screen', () => {
  const { wallet = '', registry = '' } = setting ?? {}
  let her: Seat
  let identifier = ''
  let agreement = ''

  beforeAll(async () => {
    her = await sitDown(browser)
    const { page } = her
    await settle(page, wallet)
    const insurer = companyAt(setting!.consoles.insurer)
    await page.goto(await insurer.ask(insurersTerms))
    await page.getByRole('button', { name: 'Agree' }).click()
    await page.getByText('has been told').waitFor()
    agreement = await agreementOn(page)
    await page.goto(`${wallet}/`)
    identifier = (await page.locator('h1 .identifier').textContent()) ?? ''
  })
  afterAll(async () => await her?.context.close())

  test(`a registry, about ${registryLies.length} things`, async () => {
    const found: string[] = []
    for (const each of registryLies) {
      const anybody = await sitDown(browser)
      const { page } = anybody
      const honest = await lie(page, each)
      await page.goto(`${registry}/#${each.about === 'the country’s place in the map' ? 'EE' : identifier}`)
      await page.getByRole('button', { name: 'Check again' }).waitFor()
      const broken = await page.getByRole('heading', { name: 'Not proved' }).count()
      const believed = await page.getByRole('heading', { name: /Lives at|^Proved|nothing under/ }).count()
      if (broken !== 1 || believed !== 0) found.push(each.about)
      await honest()
      // what was found is the lie and nothing else: told the truth, the same page proves it
      if (each === registryLies.at(-1)) {
        await page.getByRole('button', { name: 'Check again' }).click()
        await page.getByRole('heading', { name: 'Lives at' }).waitFor()
      }
      await anybody.context.close()
    }
    expect(found).toEqual([])
  })

  test('a vault, about the trail and about agreements', async () => {
    const { page } = her
    const trail = /\/v1\/trail$/
    const lies: readonly (Lie & { readonly route: string; readonly told: string })[] = [
      {
        about: 'a line left out',
        at: trail,
        route: 'trail',
        told: 'This trail does not prove',
        change: (body) => ({ ...body, lines: body.lines.toSpliced(1, 1) }),
      },
      {
        about: 'what became of a line',
        at: trail,
        route: 'trail',
        told: 'This trail does not prove',
        change: (body) => ((body.lines[0].entry.outcome = 'ended'), body),
      },
      {
        about: 'where a line stands',
        at: trail,
        route: 'trail',
        told: 'This trail does not prove',
        change: (body) => ((body.lines[0].inclusion.index = 1), body),
      },
      {
        about: 'the head of its log',
        at: trail,
        route: 'trail',
        told: 'This trail does not prove',
        change: (body) => ((body.log.checkpoint = body.log.checkpoint.replace(/\n\d+\n/, '\n77\n')), body),
      },
      {
        about: 'what was agreed to',
        at: /\/v1\/agreements$/,
        route: 'agreements',
        told: 'Its documents do not prove',
        change: (body) => ((body.agreements[0].offer.payload = spoil(body.agreements[0].offer.payload)), body),
      },
      {
        about: 'with whom it was agreed',
        at: /\/v1\/agreements$/,
        route: 'agreements',
        told: 'Its documents do not prove',
        change: (body) => ((body.agreements[0].requester = 'EE/requester/health'), body),
      },
      {
        about: 'which agreement it is',
        at: /\/v1\/agreements$/,
        route: 'agreements',
        told: 'Its documents do not prove',
        change: (body) => ((body.agreements[0].agreement = spoil(agreement)), body),
      },
    ]
    const found: string[] = []
    // every line has its place in the log by now, so that a lie has something to change
    await page.waitForTimeout(1500)
    for (const each of lies) {
      const honest = await lie(page, each)
      await page.goto(`${wallet}/#${each.route}`)
      await page.reload()
      const told = await page
        .getByText(each.told)
        .first()
        .waitFor({ timeout: 10_000 })
        .then(
          () => true,
          () => false,
        )
      if (!told) found.push(each.about)
      await honest()
    }
    expect(found).toEqual([])
    await page.goto(`${wallet}/#trail`)
    await page.reload()
    await page.getByText('none missing').waitFor()
  })

  test('a company, about what it asks', async () => {
    const { page } = her
    const insurer = companyAt(setting!.consoles.insurer)
    const link = await insurer.ask(insurersTerms)
    const honest = await lie(page, {
      about: '',
      at: /\/offers\//,
      change: (body) => ({ ...body, payload: spoil(body.payload) }),
    })
    await page.goto(link)
    await page.getByRole('heading', { name: 'This ask is not shown' }).waitFor()
    expect(await page.getByRole('button', { name: 'Agree' }).count()).toBe(0)
    await honest()
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('button', { name: 'Agree' }).waitFor()
  })
})
