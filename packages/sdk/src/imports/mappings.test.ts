import { describe, expect, test } from 'vitest'
import { applyMapping } from './apply-mapping.ts'
import { googleSearch } from './google-search.ts'
import type { Mapping } from './mapping.ts'
import { rideTrips } from './ride-trips.ts'

function read(mapping: Mapping, cells: Readonly<Record<string, string>>) {
  const made = applyMapping(mapping, new Map(Object.entries(cells)), 1)
  return 'entry' in made ? made.entry : made.skipped.code
}

describe('googleSearch', () => {
  const time = '2026-03-04T05:06:07.123Z'
  const search = (cells: Readonly<Record<string, string>>) => read(googleSearch, { time, ...cells })

  test.each([
    [
      'by its address, in any language',
      'Gesucht nach: x',
      'https://www.google.de/search?q=washing+machine',
      'washing machine',
    ],
    ['by its address, at a country’s domain', 'Searched for x', 'https://www.google.co.in/search?q=%E0%A4%AA', 'प'],
    ['by its title, without an address', 'Searched for washing machine', '', 'washing machine'],
    ['by its title, when the address has no words', 'Buscaste lavadora', 'https://www.google.es/search?q=', 'lavadora'],
  ])('takes for a search %s', (_, title, titleUrl, query) => {
    expect(search({ title, ...(titleUrl && { titleUrl }) })).toMatchObject({
      at: '2026-03-04T05:06:07Z',
      body: { kind: 'search', query },
      moment: { driver: 'intent', channel: 'online' },
    })
  })
  test.each([
    ['behind a redirect', 'https://www.google.com/url?q=https://a.example/b?c%3D1&usg=AOv', 'https://a.example/b?c=1'],
    ['at its own address', 'https://a.example/b', 'https://a.example/b'],
    [
      'at an address that only looks like the search engine',
      'https://google.com.example/search?q=x',
      'https://google.com.example/search?q=x',
    ],
  ])('takes for a visit a page %s', (_, titleUrl, url) => {
    expect(search({ title: 'Visited A page', titleUrl })).toMatchObject({
      body: { kind: 'visit', title: 'A page', url },
      tags: ['usage.visit'],
      moment: { driver: 'experience', channel: 'online' },
    })
  })
  test.each(['Used Search', 'Viewed 3 images'])('leaves out %j', (title) => {
    expect(search({ title, titleUrl: 'https://www.google.com/' })).toBe('left-out')
    expect(search({ title })).toBe('left-out')
  })
  test('tags interests by how words begin, and sorts', () => {
    const tags = (query: string) => {
      const made = search({ title: `Searched for ${query}` })
      return typeof made === 'string' ? made : made.tags
    }
    expect(tags('Washing Machines near hotel')).toEqual(['interest.home-appliances', 'interest.travel', 'usage.search'])
    expect(tags('current income')).toEqual(['usage.search'])
  })
})

describe('rideTrips', () => {
  const asked = '2026-03-04 05:06:07 +0000 UTC'
  const never = '1970-01-01 00:00:00 +0000 UTC'
  const ride = (cells: Readonly<Record<string, string>>) =>
    read(rideTrips, { 'Request Time': asked, 'Product Type': 'Go', ...cells })

  test('takes a ride completed for an experience, at the time it began', () => {
    expect(
      ride({
        'Trip or Order Status': 'COMPLETED',
        'Begin Trip Time': '2026-03-04 05:10:00 +0000 UTC',
        'Fare Amount': '9.50',
      }),
    ).toEqual({
      at: '2026-03-04T05:10:00Z',
      body: { product: 'Go', status: 'completed', begin_time: '2026-03-04T05:10:00Z', fare_amount: '9.50' },
      tags: ['mobility.ride'],
      moment: { driver: 'experience', channel: 'offline' },
      source: 'ride-trips-export',
      assurance: 'self',
      about: 'holder',
    })
  })
  test.each(['CANCELED', 'DRIVER_CANCELED'])(
    'takes %s for an entry without a moment, at the time it was asked for',
    (status) => {
      const made = ride({ 'Trip or Order Status': status, 'Begin Trip Time': never })
      expect(made).toMatchObject({ at: '2026-03-04T05:06:07Z', body: { status: status.toLowerCase() } })
      expect(made).not.toHaveProperty('moment')
      expect(made).toHaveProperty('tags', ['mobility.ride-not-taken'])
    },
  )
  test('leaves orders out', () => {
    expect(ride({ 'Trip or Order Status': 'COMPLETED', 'Product Type': 'Eats Marketplace' })).toBe('left-out')
  })
})
