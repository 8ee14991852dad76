import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { apps, buildBundle, type Bundle, digestOf } from './bundle.ts'

const firstLoadMost = 120_000

/**
 * What a browser fetches before somebody who is new sees the first page: the document, what that names, its first part, and
 * the words of the language that has the most beside English, which is always there.
 */
function firstLoad(bundle: Bundle): { readonly files: number; readonly bytes: number } {
  const document = bundle.get('index.html') ?? new Uint8Array()
  const html = Buffer.from(document).toString()
  const named = [...html.matchAll(/(?:src|href)="\/([^"]+)"/g)].flatMap(([, path = '']) => bundle.get(path) ?? [])
  const first = [...bundle].filter(([path]) => path.startsWith('assets/make-view-')).map(([, bytes]) => bytes)
  const words = ['et', 'hi'].map((language) =>
    [...bundle].filter(([path]) => path.includes(`-${language}-`)).map(([, bytes]) => bytes),
  )
  const all = [document, ...named, ...first]
  return { files: all.length, bytes: compressed(all) + Math.max(...words.map(compressed)) }
}

function compressed(files: readonly Uint8Array[]): number {
  return files.reduce((sum, bytes) => sum + gzipSync(bytes, { level: 9 }).length, 0)
}

for (const app of apps.filter((one) => one !== 'element')) {
  test(`buildBundle: has the same digest twice, loads in one go and runs nothing that a policy forbids: ${app}`, async () => {
    const bundle = await buildBundle(app)
    expect(digestOf(await buildBundle(app))).toBe(digestOf(bundle))
    const { files, bytes } = firstLoad(bundle)
    console.log(`${app}: first load ${bytes} bytes compressed in ${files} files, bundle ${digestOf(bundle)}`)
    expect(files).toBeGreaterThanOrEqual(3)
    expect(bytes).toBeLessThanOrEqual(firstLoadMost)
    const html = Buffer.from(bundle.get('index.html') ?? []).toString()
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\bon[a-z]+=|\bstyle=/)
    const outside = [...bundle]
      .filter(([path]) => !path.endsWith('.svg'))
      .flatMap(
        ([, bytes]) =>
          Buffer.from(bytes)
            .toString()
            .match(/(?:src|href|url\()\s*=?["']?https?:/g) ?? [],
      )
    expect(outside.map((found) => found.slice(0, 80))).toEqual([])
  })
}

test('buildBundle: element is one small script, the same twice, that loads nothing', async () => {
  const bundle = await buildBundle('element')
  expect([...bundle.keys()]).toEqual(['ask.js'])
  expect(digestOf(await buildBundle('element'))).toBe(digestOf(bundle))
  const script = Buffer.from(bundle.get('ask.js') ?? []).toString()
  expect(gzipSync(script, { level: 9 }).length).toBeLessThanOrEqual(8_000)
  expect(script).not.toMatch(
    /\b(?:import|export)\b[\s({'"]|\bfetch\(|XMLHttpRequest|innerHTML|document\.cookie|\beval\(/,
  )
})
