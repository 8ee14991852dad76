/** The same action as code: for a shell, and through the SDK for whoever keeps the key in a program of their own. */
export type Code = { readonly curl: string; readonly typescript: string }

/** Where the console answers, and which file has the token, as they stand in front of every curl call. */
export type At = { readonly origin: string; readonly tokenFile: string }

/** A call of the console as a shell writes it; the body comes from standard input, so that no quote of its ends anything. */
export function curlOf({ origin, tokenFile }: At, path: string, body?: object): string {
  const token = `-H "authorization: Bearer $(cat ${quoted(tokenFile)})"`
  if (body === undefined) return `curl -sf ${quoted(origin + path)} ${token}`
  const json = JSON.stringify(body, null, 2)
  return [
    `curl -sf ${quoted(origin + path)} ${token} \\`,
    `  -H content-type:application/json -d @- <<'${endOf(json)}'`,
    json,
    endOf(json),
  ].join('\n')
}

/** A word as a shell takes it, whatever is in it. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** A line that does not stand in the text that it ends. */
function endOf(text: string): string {
  let end = 'END'
  while (text.split('\n').includes(end)) end += '_'
  return end
}

const setUp = `import { createResolver } from '@dcann/sdk/resolver'
import { readRootFile } from '@dcann/sdk/trust'

// world: { fetch, now, random, seen }; signer: your key, { key, sign }
const pinned = readRootFile(rootFile)
const resolver = await createResolver({ world, pinned, registries })
`

function recordOf(name: string): string {
  return `const { record } = await resolver.resolveName(${literal(name)}, { kind: 'requester' })`
}

/** A text as TypeScript writes it, in quotes that it cannot leave. */
function literal(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}

const written = (value: unknown): string => JSON.stringify(value, null, 2)

export function askInCode(
  name: string,
  call: { readonly terms: unknown; readonly value: unknown; readonly lasts: string; readonly expires_in: string },
): string {
  return `import { makeOffer, writeAsk } from '@dcann/sdk/requester'
${setUp}
${recordOf(name)}
const offer = await makeOffer(world, record.payload, signer, {
  terms: ${indented(written(call.terms))},
  value: ${indented(written(call.value))},
  lasts: ${literal(call.lasts)},
  expires: world.now() + ${Number(call.expires_in.slice(1, -1))} * 86_400,
  notice, sealing_key: null, template: null,
})
// serve offer.signed at <offers of your record>/<offer.id>; this is what stands in your page or QR code
const link = \`\${wallet}/\${writeAsk({ requester: record.payload.name, offer: offer.id, return: returnTo })}\`
`
}

export function agreementsInCode(name: string, agreement: string | undefined): string {
  return `import { proveAgreement } from '@dcann/sdk/agreement-pair'
import { createVaultClient } from '@dcann/sdk/vault-client'
${setUp}
// the documents that a wallet brought back prove themselves; how the agreement stands, its vault's chain says
${recordOf(name)}
const pair = await proveAgreement({ offer, grant }, record.payload.keys)
const { node: home } = await resolver.resolveHome(node)
const vault = createVaultClient(world, home.payload.url)
const { standing } = await vault.listEvents({ from: record.payload.name, signer }, ${literal(agreement ?? 'the agreement')}, { limit: 1 })
`
}

export function proposalInCode(name: string, to: string): string {
  return `import { createVaultClient } from '@dcann/sdk/vault-client'
${setUp}
const { home } = await resolver.resolvePassport(${literal(to)})
const vault = createVaultClient(world, home.node.payload.url)
await vault.propose({ from: ${literal(name)}, signer }, ${literal(to)}, offer.signed)
`
}

export function queryInCode(name: string, question: object): string {
  return `import { proveAgreement } from '@dcann/sdk/agreement-pair'
import { query } from '@dcann/sdk/query'
${setUp}
${recordOf(name)}
const pair = await proveAgreement({ offer, grant }, record.payload.keys)
const { node: home } = await resolver.resolveHome(node)
const by = { from: record.payload.name, signer }
const answered = await query(
  world,
  { by, requester: record.payload, node: home.payload, pair },
  ${indented(written(question))},
)
`
}

export function evidenceInCode(pin: string): string {
  return `import { readFile } from 'node:fs/promises'
import { verifyEvidence } from '@dcann/sdk/verify-evidence'

// offline, from the pinned root alone; throws evidence-broken, naming the first broken link
const { verdict, links } = await verifyEvidence(await readFile('evidence.json'), ${literal(pin)})
for (const { link, says } of links) console.log(link, says)
`
}

function indented(text: string): string {
  return text.replaceAll('\n', '\n  ')
}
