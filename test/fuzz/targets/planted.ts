import { ProtocolError } from '@dcann/protocol/errors'
import { seedsOf, type Target } from '../target.ts'

/** A parser with a fault in it that two rare bytes lead to, one behind the other: for showing that it is found. */
export const planted: Target = {
  name: 'planted',
  form: 'bytes',
  seeds: seedsOf('name=value', 'x=1'),
  run(input) {
    const [first, ...rest] = Buffer.from(input).toString('latin1').split('=')
    if (first === undefined || rest.length === 0) throw new ProtocolError('malformed-request', 'reading: no sign')
    if (first.includes('~')) {
      const [value = ''] = rest
      if (value.startsWith('!')) throw new TypeError('nobody expected this')
    }
  },
}
