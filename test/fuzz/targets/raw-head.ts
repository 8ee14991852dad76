import type { IncomingMessage } from 'node:http'
import { refuseHead } from '@dcann/http/raw-head'
import { hold, seedsOf, type Target, textIn } from '../target.ts'

const head = (target: string, ...fields: string[]): string =>
  [`POST ${target} HTTP/1.1`, 'Host: a.example:443', ...fields].join('\n')

/** The head of a request as Node's parser hands it on: a target that passes is what every reader of URLs takes it for. */
export const rawHead: Target = {
  name: 'raw-head',
  form: 'bytes',
  words: [
    '..',
    '/.',
    '//',
    '%2F',
    '%2e',
    '?',
    '#',
    '\\',
    '@',
    'Host: ',
    'Transfer-Encoding: chunked',
    'Upgrade: h2c',
    '[::1]',
  ],
  seeds: seedsOf(
    head('/v1/requests'),
    head('/v1/zones/EE/record?name=EE/node/tallinn', 'Content-Length: 2'),
    head('/v1/resolve/IND3403JQW8J51GQJ804E05Z5FFF', 'Transfer-Encoding: chunked'),
    head('/v1/../x', 'host: twice'),
    head('/v1/%2e%2e/x', 'Expect: 100-continue'),
  ),
  run(input) {
    const [first = '', ...lines] = textIn(input).split('\n')
    const [method = '', url = ''] = first.split(' ')
    const fields = lines.map((line): [string, string] => {
      const [name = '', ...value] = line.split(': ')
      return [name, value.join(': ')]
    })
    const headers = Object.fromEntries(fields.map(([name, value]) => [name.toLowerCase(), value]))
    // `as`: of the message the judge reads these
    const incoming = { method, url, rawHeaders: fields.flat(), headers } as unknown as IncomingMessage
    const refusal = refuseHead(incoming)
    if (refusal) throw refusal.error
    const { pathname, search } = new URL(url, 'http://a.example')
    hold(pathname + search === url, 'a target passes that is not its own normal form')
  },
}
