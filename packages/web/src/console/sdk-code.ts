import type { Listed } from './call.ts'

/** Whose program it is, and where the root's registries answer. */
export type Own = { readonly name: string; readonly registries: readonly string[] }

/** The imports of a program, by where from, and what it does behind what every one of them begins with. */
type Program = { readonly imports: Readonly<Record<string, string>>; readonly does: string }

/** A whole program: it stands beside `root.json`, and `requester.key` as `dcann key make` writes it, and runs. */
function programOf({ name, registries }: Own, { imports, does }: Program): string {
  const all = {
    'node:fs/promises': 'readFile',
    '@dcann/protocol/key': 'signerFromSeed',
    '@dcann/protocol/seed': 'readSeedText',
    '@dcann/sdk/resolver': 'createResolver',
    '@dcann/sdk/trust': 'readRootFile',
    '@dcann/sdk/world': 'seenInMemory',
    ...imports,
  }
  return `${written(all)}
// whoever runs for long keeps what was seen, so that no restart takes it back: { read, write }
const seen = seenInMemory()
const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes))
const world = { fetch, now: () => Date.now() / 1000, random, seen }
const pinned = readRootFile(await readFile('root.json', 'utf8'))
const resolver = await createResolver({ world, pinned, registries: [${registries.map(literal).join(', ')}] })
const { record } = await resolver.resolveName(${literal(name)}, { kind: 'requester' })
const seed = readSeedText(await readFile('requester.key', 'utf8'))
if (record === undefined || seed === undefined) throw new Error('no record, or no key')
const by = { from: record.payload.name, signer: signerFromSeed(seed) }

${does}`
}

function written(imports: Readonly<Record<string, string>>): string {
  const lines = Object.entries(imports).toSorted(
    ([a], [b]) => Number(b.startsWith('node:')) - Number(a.startsWith('node:')),
  )
  return lines.map(([from, names]) => `import { ${names} } from '${from}'\n`).join('')
}

/** A text as TypeScript writes it, in quotes that it cannot leave. */
function literal(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}

const json = (value: unknown): string => JSON.stringify(value, null, 2).replaceAll('\n', '\n  ')

type AskInCode = {
  readonly call: {
    readonly terms: unknown
    readonly value: unknown
    readonly lasts: string
    readonly expires_in: string
  }
  readonly sealed: boolean
  readonly notice: string
  readonly wallet: string | null
  readonly returnTo: string
}

export function askInCode(own: Own, { call, sealed, notice, wallet, returnTo }: AskInCode): string {
  const opener = `openerFromSeed(readSeedText(await readFile('sealing.key', 'utf8')) ?? random(0))`
  return programOf(own, {
    imports: {
      '@dcann/sdk/requester': 'makeOffer, writeAsk',
      ...(sealed ? { '@dcann/protocol/sealing-key': 'openerFromSeed' } : {}),
    },
    does: `const offer = await makeOffer(world, record.payload, by.signer, {
  terms: ${json(call.terms)},
  value: ${json(call.value)},
  lasts: ${literal(call.lasts)},
  expires: Math.floor(world.now()) + ${Number(call.expires_in.slice(1, -1))} * 86_400,
  notice: { url: ${literal(notice)}, digest: null, language: 'en' },
  sealing_key: ${sealed ? `${opener}.key` : 'null'},
  template: null,
})
// serve offer.signed where wallets fetch it
console.log(\`\${record.payload.offers}/\${offer.id}\`, JSON.stringify(offer.signed))
// and put this into your page or a QR code
const ask = writeAsk({ requester: by.from, offer: offer.id, return: ${literal(returnTo)} })
console.log(${wallet === null ? 'ask' : `${literal(`${wallet.replace(/\/$/, '')}/`)} + ask`})
`,
  })
}

const vaultOf = `const { node } = await resolver.resolveHome(held.node)
const vault = createVaultClient(world, node.payload.url)
`

/** The documents, out of what the gateway says of an agreement. */
function heldAs(agreement: string): string {
  return `// what GET /v1/agreements/${agreement.replaceAll(/[^\w-]/g, '')} says; or what wallets brought to your own return address
const held = JSON.parse(await readFile('agreement.json', 'utf8'))
`
}

function pairOf({ proffer }: Pick<Listed, 'proffer'>): string {
  const documents =
    proffer === undefined
      ? 'offer: held.offer, grant: held.grant'
      : 'proffer: held.proffer, acceptance: held.acceptance'
  return `const pair = await proveAgreement({ ${documents} }, record.payload.keys)\n`
}

export function agreementInCode(own: Own, held: Pick<Listed, 'agreement' | 'proffer'>): string {
  return programOf(own, {
    imports: {
      '@dcann/protocol/evidence': 'judgeChain',
      '@dcann/sdk/agreement-pair': 'proveAgreement',
      '@dcann/sdk/vault-client': 'createVaultClient',
    },
    does: `${heldAs(held.agreement)}// the documents prove themselves; how the agreement stands, its vault's chain says
${pairOf(held)}${vaultOf}const { standing, entries } = await vault.listEvents(by, held.agreement)
console.log(pair.allowance.terms.length, standing, judgeChain(entries))
`,
  })
}

export function proposalInCode(own: Own, offer: string, to: string): string {
  return programOf(own, {
    imports: { '@dcann/sdk/vault-client': 'createVaultClient' },
    does: `const offer = await (await fetch(record.payload.offers + ${literal(`/${offer}`)})).json()
const located = await resolver.resolvePassport(${literal(to)})
if (located.home === undefined) throw new Error('it lives nowhere')
const vault = createVaultClient(world, located.home.node.payload.url)
const address = located.kind === 'handle' ? located.handle : located.identifier
console.log(await vault.propose(by, address, offer))
`,
  })
}

export function inviteInCode(own: Own, offer: string, invite: string): string {
  return programOf(own, {
    imports: { '@dcann/sdk/invite-link': 'readInvite', '@dcann/sdk/vault-client': 'createVaultClient' },
    does: `const offer = await (await fetch(record.payload.offers + ${literal(`/${offer}`)})).json()
const { invite, node: name } = readInvite(${literal(invite)})
const { node } = await resolver.resolveHome(name)
console.log(await createVaultClient(world, node.payload.url).proposeByInvite(by, invite, offer))
`,
  })
}

export function queryInCode(own: Own, held: Pick<Listed, 'agreement' | 'proffer'>, question: object): string {
  return programOf(own, {
    imports: {
      '@dcann/protocol/sealing-key': 'openerFromSeed',
      '@dcann/sdk/agreement-pair': 'proveAgreement',
      '@dcann/sdk/query': 'query',
    },
    does: `${heldAs(held.agreement)}${pairOf(held)}const { node } = await resolver.resolveHome(held.node)
const asking = { by, requester: record.payload, node: node.payload, pair }
// answers are sealed where the agreement names a key of yours
const opened = pair.allowance.sealing_key === null ? undefined : readSeedText(await readFile('sealing.key', 'utf8'))
const { assertion } = await query(
  world,
  opened === undefined ? asking : { ...asking, opener: openerFromSeed(opened) },
  ${json(question)},
)
console.log(JSON.stringify(assertion.payload.items))
`,
  })
}

export function openProfferInCode(own: Own, link: string): string {
  return programOf(own, {
    imports: { '@dcann/sdk/proffer': 'openProffer, readProfferLink' },
    does: `const { proffer, home } = await openProffer(world, resolver, readProfferLink(${literal(link)}), by)
console.log(proffer.id, home.node.payload.name, proffer.payload.terms.map(({ id }) => id).join())
`,
  })
}

export function acceptInCode(own: Own, link: string, terms: readonly string[]): string {
  return programOf(own, {
    imports: {
      '@dcann/sdk/proffer': 'makeAcceptance, openProffer, readProfferLink',
      '@dcann/sdk/vault-client': 'createVaultClient',
    },
    does: `const { proffer, home } = await openProffer(world, resolver, readProfferLink(${literal(link)}), by)
const terms = [${terms.map(literal).join(', ')}]
const { acceptance } = await makeAcceptance(world, proffer, record.payload, by.signer, { terms })
// proffer and acceptance are the agreement: keep both
console.log(await createVaultClient(world, home.node.payload.url).accept(acceptance.signed))
`,
  })
}

export function actInCode(own: Own, agreement: string, kind: 'retire' | 'receipt', body?: object): string {
  return programOf(own, {
    imports: { '@dcann/sdk/vault-client': 'createVaultClient', '@dcann/sdk/wallet-documents': 'makeAct' },
    does: `${heldAs(agreement)}${vaultOf}const act = await makeAct(world, '${kind}', held.agreement, by.signer${body === undefined ? '' : `, ${json(body)}`})
console.log(await vault.act(act))
`,
  })
}

export function evidenceInCode(pin: string): string {
  return `import { readFile } from 'node:fs/promises'
import { verifyEvidence } from '@dcann/sdk/verify-evidence'

// offline, from the pinned root alone; throws evidence-broken, naming the first broken link
const { verdict, links } = await verifyEvidence(await readFile('evidence.json'), ${literal(pin)})
console.log(verdict)
for (const { link, says } of links) console.log(link, says)
`
}
