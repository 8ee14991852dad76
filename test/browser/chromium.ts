import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const places = [
  process.env['DCANN_CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** The browser that is installed here; `undefined` where there is none. */
export const chromiumAt = places.find((place) => place !== undefined && existsSync(place))

/** Starts it, seeing only this machine; `names` are held to be where somebody says. */
export async function startChromium(names: Readonly<Record<string, string>> = {}): Promise<Browser> {
  if (chromiumAt === undefined) throw new Error('starting a browser: none is installed here')
  // in a container everybody is root, for whom Chromium has no sandbox
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const rules = Object.entries(names).map(([name, address]) => `MAP ${name} ${address}`)
  const mapped = rules.length === 0 ? [] : [`--host-resolver-rules=${rules.join(',')}`]
  return await chromium.launch({ executablePath: chromiumAt, args: [...args, ...mapped, '--disable-dev-shm-usage'] })
}
