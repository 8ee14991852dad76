import { imported, placeOf, type Rule, within, written } from './rule.ts'

export const pureProtocol: Rule = {
  name: 'protocol takes the clock, chance and the world as arguments',
  find: ({ sources }) =>
    within(sources, 'packages/protocol/src/').flatMap((source) => [
      ...imported(source, /^node:/),
      ...written(source, /(?<![.\w])fetch\s*\(|\bglobalThis\b|\bXMLHttpRequest\b|\bWebSocket\b/),
      ...written(source, /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\.now\b|\bsetTimeout\b|\bsetInterval\b/),
      ...written(source, /\bMath\.random\b|\bgetRandomValues\b|\brandomUUID\b|\brandomBytes\b/),
      ...written(source, /\bconsole\b|\bprocess\./),
    ]),
  wrong: [
    "import { verify } from 'node:crypto'",
    "const x = await fetch('u')",
    'const x = Date.now()',
    'const x = new Date()',
    'const x = Math.random()',
    'crypto.getRandomValues(x)',
    'console.log(1)',
  ].map((text) => ({ 'packages/protocol/src/record.ts': text })),
  right: [
    { 'packages/protocol/src/engine.node.ts': "import { verify } from 'node:crypto'" },
    { 'packages/protocol/src/record.test.ts': "import { readFileSync } from 'node:fs'" },
    { 'packages/protocol/src/record.ts': "// Date.now\nexport const x = 'console' + new Date(0)" },
  ],
}

export const browserSdk: Rule = {
  name: 'sdk runs in a browser and takes the clock and chance as arguments',
  find: ({ sources }) =>
    within(sources, 'packages/sdk/src/').flatMap((source) => [
      ...imported(source, /^node:/),
      ...written(source, /\bglobalThis\.fetch\b|\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b|\bprocess\./),
    ]),
  wrong: ["import 'node:fs'", 'const x = Date.now()', 'const x = Math.random()', 'globalThis.fetch(x)'].map((text) => ({
    'packages/sdk/src/vault.ts': text,
  })),
}

export const plainPages: Rule = {
  name: 'pages write text and never markup',
  find: ({ sources }) =>
    within(sources, 'packages/web/src/').flatMap((source) => [
      ...written(source, /\bdangerouslySetInnerHTML\b|\b(inner|outer)HTML\b|\binsertAdjacentHTML\b|\bdocument\.write/),
      ...written(source, /\beval\b(?!: \{)|\bnew Function\b|\bsrcdoc\b|\bDOMParser\b/),
    ]),
  wrong: [
    '<p dangerouslySetInnerHTML={x} />',
    'node.innerHTML = x',
    'document.write(x)',
    'eval(x)',
    'const run = { it: eval }',
  ].map((text) => ({
    'packages/web/src/a.tsx': `export const x = () => ${text}`,
  })),
  right: [{ 'packages/web/src/a.tsx': 'export const x = () => <p>{"innerHTML"}</p>' }],
}

export const blindStore: Rule = {
  name: 'the store knows keys, bytes, versions and leases, and nothing of what they mean',
  find: ({ texts }) =>
    texts.filter(({ path, text }) => path.startsWith('packages/store/src/') && /passport/i.test(text)).map(placeOf),
  wrong: [{ 'packages/store/src/a.ts': '// a Passport' }, { 'packages/store/src/a.ts': "const key = 'passports/1'" }],
}

export const settings: Rule = {
  name: 'a node reads its environment in config.ts alone',
  find: ({ sources }) =>
    [...within(sources, 'registry/src/'), ...within(sources, 'vault-node/src/')]
      .filter(({ path }) => !path.endsWith('/config.ts'))
      .flatMap((source) => [
        ...written(source, /\bprocess\.env\b|\bprocess\[/),
        ...imported(source, /^(node:)?process$/),
      ]),
  wrong: [
    { 'registry/src/main.ts': 'const x = process.env.PORT' },
    { 'vault-node/src/main.ts': "import { env } from 'node:process'" },
  ],
  right: [{ 'registry/src/config.ts': 'const x = process.env.PORT' }],
}

export const oneVerifier: Rule = {
  name: 'signatures are verified in one place',
  find: ({ sources }) =>
    sources
      .filter(({ path }) => !/^packages\/protocol\/src\/(engine\.[^/]+|verify-strict)\.ts$/.test(path))
      // measures what one verification costs, and believes none
      .filter(({ path }) => path !== 'test/bench/floors/primitives.ts')
      .flatMap((source) => [
        ...written(source, /\b(ed25519|ed|subtle|crypto)\??\.verify(Async)?\s*\(|(?<!\.)\bverifyAsync\s*\(/),
        ...source.imports
          .filter(({ from }) => /^(node:)?crypto$|^@noble\//.test(from))
          .filter(({ names }) => names.some((name) => /^(verify|verifyAsync|createVerify)$/.test(name)))
          .map(({ from }) => `${source.path} imports verify from ${from}`),
      ]),
  wrong: [
    ...['ed25519', 'ed', 'globalThis.crypto.subtle', 'crypto'].map((engine) => `${engine}.verify(k, s, m)`),
    ...['ed.', ''].map((engine) => `${engine}verifyAsync(k, s, m)`),
    "import { verify as check } from 'node:crypto'",
    "import { verifyAsync } from '@noble/ed25519'",
  ].map((text) => ({ 'packages/sdk/src/trust.ts': text })),
  right: [
    { 'packages/protocol/src/engine.node.ts': "import { verify } from 'node:crypto'" },
    { 'test/bench/floors/primitives.ts': "import { verify } from 'node:crypto'" },
    { 'packages/sdk/src/trust.ts': "import { sign } from 'node:crypto'\nawait verifyStrict(k, m, s)" },
  ],
}

export const noAny: Rule = {
  name: 'nothing is cast to any',
  find: ({ sources }) => sources.flatMap((source) => written(source, /\bas any\b/)),
  wrong: [{ 'registry/src/a.ts': 'const x = y as any' }, { 'test/a.ts': 'const x = (y as any).z' }],
  right: [{ 'registry/src/a.ts': "const x = 'same as any other' // as any" }],
}
