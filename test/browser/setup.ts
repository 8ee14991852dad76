import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkVerifyStrict } from '@dcann/protocol/verify-strict'
import type { TestProject } from 'vitest/node'
import { freePorts } from '../../scripts/federation/part.ts'
import { startFederation } from '../../scripts/federation/parts.ts'
import { apps, keepBuilt } from '../../scripts/web/bundle.ts'
import { chromiumAt } from './chromium.ts'

/** Where everything is that the journeys go through. */
export type Setting = {
  /** What every key of this federation is made from. */
  readonly seed: string
  readonly registry: string
  readonly wallet: string
  readonly shop: string
  readonly nodes: Readonly<Record<'pune' | 'tallinn', string>>
  readonly consoles: Readonly<Record<'insurer' | 'health', { readonly url: string; readonly tokenFile: string }>>
  readonly gateways: Readonly<Record<'insurer' | 'health', string>>
  /** The pinned root record. */
  readonly rootFile: string
}

declare module 'vitest' {
  interface ProvidedContext {
    setting: Setting | undefined
  }
}

/** Starts real processes once for all files: registry, nodes, companies, witnesses, the wallet's pages, and a shop elsewhere. */
export async function setup(project: TestProject): Promise<void> {
  if (chromiumAt === undefined) {
    console.log('\n!!! SKIPPED: no Chromium is installed here, so no page was driven. apt-get install chromium\n')
    project.provide('setting', undefined)
    return
  }
  for (const app of apps) await keepBuilt(app)
  await checkVerifyStrict()
  const folder = mkdtempSync(join(tmpdir(), 'dcann-browser-'))
  const seed = 'browser'
  const federation = await startFederation({ folder, seed, ports: await freePorts(12), witnessed: true })
  await federation.startPages()
  const shop = createServer((incoming, outgoing) => {
    const link = new URL(incoming.url ?? '/', 'http://shop.example').searchParams.get('ask') ?? ''
    outgoing.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
    outgoing.end(
      `<!doctype html><html lang="en"><title>A shop</title><h1>A shop</h1><a href="${link.replaceAll('"', '')}">Ask with my passport</a></html>`,
    )
  })
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve))
  const { registry, pune, tallinn, insurer, health, consoles, walletUrl } = federation
  project.provide('setting', {
    seed,
    registry: registry.url,
    wallet: walletUrl,
    // `as`: a TCP server's address is never a path
    shop: `http://127.0.0.1:${(shop.address() as AddressInfo).port}`,
    nodes: { pune: pune.url, tallinn: tallinn.url },
    consoles,
    gateways: { insurer: insurer.url, health: health.url },
    rootFile: federation.rootFile,
  })
  stop = async () => {
    shop.closeAllConnections()
    await new Promise((resolve) => shop.close(resolve))
    await federation.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

let stop = async (): Promise<void> => {}

export async function teardown(): Promise<void> {
  await stop()
}
