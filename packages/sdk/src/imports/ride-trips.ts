import type { Mapping } from './mapping.ts'
import { decimal, firstOf, holds, text, time, word, type Row } from './row.ts'

/**
 * `trips_data.csv` of a ride company's personal data download: one line a ride, asked for or taken.
 *
 * A ride that was taken is an experience. One that was cancelled, or found no driver, is kept, for it says when somebody
 * wanted to go somewhere, but is no moment. Orders of food stand in the same file and stay out.
 */
export const rideTrips: Mapping = {
  id: 'ride-trips',
  title: 'rides: trips_data.csv of a ride company’s personal data download',
  source: 'ride-trips-export',
  format: 'csv',
  recognise: ({ text: head }) => head.includes('Trip or Order Status') && head.includes('Begin Trip Time'),
  required: [
    'City',
    'Product Type',
    'Trip or Order Status',
    'Request Time',
    'Begin Trip Time',
    'Begin Trip Address',
    'Dropoff Time',
    'Dropoff Address',
  ],
  strand: {
    name: 'mobility.rides',
    kind: 'stream',
    schema: 'urn:dcann:schema:mobility.rides:1',
    category: 'pd:TravelHistory',
    special: false,
    tags: ['mobility.ride'],
  },
  about: 'holder',
  kinds: [
    { when: isOrder, leftOut: 'an order of food or a parcel, not a ride' },
    {
      when: holds('Trip or Order Status', 'COMPLETED', 'FARE_SPLIT'),
      at: firstOf(time('Begin Trip Time'), time('Request Time')),
      body: {
        city: text('City'),
        product: text('Product Type'),
        status: word('Trip or Order Status'),
        begin_time: time('Begin Trip Time'),
        end_time: time('Dropoff Time'),
        begin_address: text('Begin Trip Address'),
        end_address: text('Dropoff Address'),
        begin_lat: decimal('Begin Trip Lat'),
        begin_lng: decimal('Begin Trip Lng'),
        end_lat: decimal('Dropoff Lat'),
        end_lng: decimal('Dropoff Lng'),
        distance_miles: decimal('Distance (miles)'),
        fare_amount: decimal('Fare Amount'),
        fare_currency: text('Fare Currency'),
      },
      tags: ['mobility.ride'],
      moment: { driver: 'experience', channel: 'offline' },
    },
    {
      when: (row) => row.has('Trip or Order Status'),
      at: time('Request Time'),
      body: {
        city: text('City'),
        product: text('Product Type'),
        status: word('Trip or Order Status'),
        request_time: time('Request Time'),
        begin_address: text('Begin Trip Address'),
        end_address: text('Dropoff Address'),
        fare_amount: decimal('Fare Amount'),
        fare_currency: text('Fare Currency'),
      },
      tags: ['mobility.ride-not-taken'],
    },
  ],
}

function isOrder(row: Row): boolean {
  return /eats|marketplace|connect|delivery/i.test(row.get('Product Type') ?? '')
}
