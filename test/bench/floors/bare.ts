// The floor of every server here: node:http and nothing else. POST reads the whole body first.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Told by the one who measures: how many bytes to answer with. */
let body = Buffer.alloc(0)
process.on('message', (bytes: number) => {
  body = Buffer.alloc(bytes, 'x')
  process.send?.('ready')
})
process.on('disconnect', () => process.exit())

const server = createServer((request, response) => {
  const answer = (): void => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
    response.end(body)
  }
  if (request.method !== 'POST') return answer()
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part)).on('end', answer)
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
