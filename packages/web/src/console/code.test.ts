import { execFileSync } from 'node:child_process'
import { stripTypeScriptTypes } from 'node:module'
import { expect, test } from 'vitest'
import { curlOf } from './code.ts'
import { elementLine } from './element-line.ts'
import {
  acceptInCode,
  actInCode,
  agreementInCode,
  askInCode,
  evidenceInCode,
  inviteInCode,
  openProfferInCode,
  proposalInCode,
  queryInCode,
} from './sdk-code.ts'

const hostile = `'; touch /tmp/x; echo "$(id)\` \\' \${1} END`
const own = { name: hostile, registries: [hostile] }
const held = { agreement: hostile }
const call = { terms: [{ id: hostile }], value: {}, lasts: 'P90D', expires_in: 'P7D' }
const ask = { call, sealed: true, notice: hostile, wallet: hostile, returnTo: hostile }
const snippets = {
  askInCode: askInCode(own, ask),
  agreementInCode: agreementInCode(own, held),
  proposalInCode: proposalInCode(own, hostile, hostile),
  inviteInCode: inviteInCode(own, hostile, hostile),
  queryInCode: queryInCode(own, held, { purpose: hostile }),
  actInCode: actInCode(own, hostile, 'receipt', { reference: hostile }),
  openProfferInCode: openProfferInCode(own, hostile),
  acceptInCode: acceptInCode(own, hostile, [hostile]),
  evidenceInCode: evidenceInCode(hostile),
}

test.each(Object.entries(snippets))('%s: is TypeScript that stands, of things that the SDK has', async (_, code) => {
  expect(() => stripTypeScriptTypes(code)).not.toThrow()
  const imports = [...code.matchAll(/^import \{ (.+) \} from '(@dcann\/[\w/-]+)'$/gm)]
  expect(imports.length).toBeGreaterThan(0)
  for (const [, names = '', from = ''] of imports) {
    const found: object = await import(from)
    for (const name of names.split(', ')) expect(Object.keys(found)).toContain(name)
  }
})

test('curlOf: what is sent is what is written, whatever it holds', () => {
  const at = { origin: 'http://127.0.0.1:1', tokenFile: `/a b/${hostile}/token` }
  for (const body of [{ offer: hostile }, { to: 'END\nEND_\n' }]) {
    // a shell that says what it was given, in place of curl and of the token's file
    const script = `curl() { printf '%s\\n' "$@"; echo ---; while IFS= read -r l; do printf '%s\\n' "$l"; done; }\ncat() { printf %s "$1"; }\n${curlOf(at, '/v1/x', body)}`
    const [head = '', said = ''] = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('---\n')
    expect(JSON.parse(said)).toEqual(body)
    expect(head).toContain(`authorization: Bearer ${at.tokenFile}\n`)
  }
})

test('elementLine: no value leaves its attribute', () => {
  const line = elementLine({
    publicUrl: 'https://x.example/"><script>',
    requester: '"a<b&',
    offer: 'o',
    wallet: undefined,
  })
  expect(line.match(/<script/g)).toHaveLength(1)
  expect(line).toContain('requester="&quot;a&lt;b&amp;"')
})
