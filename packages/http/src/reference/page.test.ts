import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { openApiOf } from '../openapi.ts'
import type { Api } from '../operation.ts'
import { referencePage } from './page.ts'
import { referencePolicy } from './style.ts'

const apiOf = (change: Partial<Api> = {}, summary = 'Says'): Api => ({
  title: 'A node',
  description: 'Says `what` it says',
  operations: [
    {
      method: 'POST',
      path: '/v1/things/:id',
      name: 'changeThing',
      summary,
      params: { id: z.string().min(2).max(9) },
      query: z.strictObject({ limit: z.int().min(1).max(50).optional() }),
      body: z.strictObject({
        kind: z.enum(['a', 'b']),
        many: z.array(z.string().regex(/^[<>]+$/)).max(3),
        either: z.union([z.literal('x'), z.record(z.string(), z.int())]).optional(),
      }),
      answers: [{ status: 200, mediaType: 'text/plain' }],
      authenticated: true,
      problems: ['not-found'],
    },
  ],
  schemas: {},
  ...change,
})
const pageOf = async (api: Api): Promise<string> => await referencePage(openApiOf(api, 'https://node.example'))
const textOf = (page: string): string =>
  page
    .replace(/<style>.*<\/style>/s, '')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll('&quot;', '"')

describe('referencePage', () => {
  test('says of a call what the document says', async () => {
    const text = textOf(await pageOf(apiOf()))
    for (const said of [
      'POST /v1/things/{id}',
      'path: string, 2 to 9 characters',
      'query, may be left out: integer, 1 to 50',
      'one of "a", "b"',
      'array, at most 3 of string, ^[&lt;&gt;]+$',
      'may be left out: "x" or object with integer under each name',
      'not-found: Not found.',
      'https://node.example',
    ]) {
      expect(text).toContain(said)
    }
  })

  test('has no script, loads nothing, and wears the one style that its policy allows', async () => {
    const page = await pageOf(apiOf())
    expect(page).not.toMatch(/<script|\ssrc=|\son\w+=|<link|@import|url\(/i)
    const style = /<style>(.*)<\/style>/s.exec(page)?.[1] ?? ''
    expect(style.length).toBeGreaterThan(500)
    expect(referencePolicy).toContain(`'sha256-${createHash('sha256').update(style).digest('base64')}'`)
    expect(referencePolicy).toContain("default-src 'none'")
  })

  test.each(['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', '</title></style><b>', "' onclick='x"])(
    'shows %s as text wherever it stands',
    async (hostile) => {
      const plain = await pageOf(apiOf())
      const page = await pageOf(apiOf({ title: hostile, description: `\`${hostile}\` ${hostile}` }, hostile))
      expect(tagsOf(page)).toEqual(tagsOf(plain))
    },
  )
})

/** The tags of a page with their attributes; what is text has none. */
function tagsOf(page: string): string[] {
  return page.match(/<\/?[a-z][^>]*>/gi) ?? []
}
