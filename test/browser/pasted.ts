import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type PastedPage = { readonly url: string; readonly stop: () => Promise<void> }

/**
 * Somebody's own page, from an origin of its own, with these lines pasted into it, under the strictest policy that they can
 * stand under: the one script that may run is that of `gateway`. Without a gateway, whatever is in the page may run.
 */
export async function servePasted(lines: string, gateway?: string): Promise<PastedPage> {
  const policy =
    gateway === undefined
      ? {}
      : {
          'content-security-policy': `default-src 'none'; script-src ${gateway}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
        }
  const server = createServer((_, outgoing) => {
    outgoing.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...policy })
    outgoing.end(`<!doctype html><html lang="en"><title>A shop</title><main><h1>A shop</h1>${lines}</main></html>`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    // `as`: a TCP server's address is never a path
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
