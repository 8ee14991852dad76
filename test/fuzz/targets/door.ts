import { canonicalBytes, parseBounded } from '@dcann/protocol/canonical'
import { ProtocolError } from '@dcann/protocol/errors'
import { sha256, utf8 } from '@dcann/protocol/bytes'
import type { Signer } from '@dcann/protocol/key'
import { headersOf, signHead } from '@dcann/protocol/request-signature'
import { controlSigner } from '@dcann/sdk/wallet-keys'
import { askEverything } from '../../ask-everything.ts'
import { castUrls } from '../../cast.ts'
import { nonceOf, startNetwork } from '../../network.ts'
import { hold, type Target, textIn } from '../target.ts'

const network = await startNetwork({ seed: 'fuzz' })
const signers = new Map<string, Signer>()
for (const signer of [
  controlSigner(sha256(utf8('test/person/asked-everything'))),
  ...network.cast.requesters.insurer.keys,
])
  signers.set(signer.kid, signer)

/** A call as it is changed: who signs it, where to, and what it says. */
type Call = { readonly by: string; readonly node: string; readonly path: string; readonly body: unknown }
const nodes: Readonly<Record<string, string>> = { registry: castUrls.registry, vault: network.vaults.tallinn.url }

const heard = new Map<string, Call>()
await askEverything(network, async (url, init) => {
  const { origin, pathname, search } = new URL(url)
  const node = Object.keys(nodes).find((name) => nodes[name] === origin)
  const by = /keyid="([^"]*)"/.exec(new Headers(init?.headers).get('signature-input') ?? '')?.[1] ?? ''
  if (node && init?.body instanceof Uint8Array) {
    const call: Call = { by, node, path: pathname + search, body: JSON.parse(Buffer.from(init.body).toString()) }
    heard.set(`${node} ${pathname} ${JSON.stringify(call.body)}`, call)
  }
  return await network.fetch(url, init)
})
let sent = 0

/** Every call of both nodes, signed anew after its body changed: whatever it says, the answer is no failure of the node. */
export const door: Target = {
  name: 'door',
  form: 'json',
  seeds: [...heard.values()].map((call) => Buffer.from(JSON.stringify(call))),
  async run(input) {
    const value = parseBounded(textIn(input))
    // `as`: what is not there is undefined, and goes out as such
    const { by, node, path, body } = (typeof value === 'object' && value !== null ? value : {}) as Partial<Call>
    const origin = nodes[String(node)]
    if (origin === undefined || typeof path !== 'string' || !/^\/[!-"$-~]*$/.test(path) || !URL.canParse(origin + path))
      throw new ProtocolError('malformed-request', 'fuzzing: nobody can send this')
    const bytes = canonicalBytes(body ?? null)
    const signer = signers.get(String(by))
    const url = `${origin}${path}`
    const head =
      signer && (await signHead(signer, url, bytes, Math.floor(network.time.now()), nonceOf(`fuzz/${sent++}`)))
    const headers = head ? headersOf(head) : { 'content-type': 'application/json' }
    // the bytes were made here and are no shared memory
    const answer = await network.fetch(url, { method: 'POST', headers, body: bytes as Uint8Array<ArrayBuffer> })
    const text = await answer.text()
    hold(answer.status < 500, `a node answers ${answer.status}: ${text.slice(0, 200)}`)
    if (!answer.ok) throw new ProtocolError('malformed-request', 'fuzzing: refused')
  },
}
