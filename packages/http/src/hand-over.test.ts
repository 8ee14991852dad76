import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { handOver, pieceBytes } from './hand-over.ts'

describe('handOver', () => {
  const server = createServer()
  const clients: Socket[] = []
  beforeAll(async () => void (await once(server.listen(0, '127.0.0.1'), 'listening')))
  afterAll(() => {
    for (const client of clients) client.destroy()
    server.close()
  })

  /** Both ends of a connection whose client does not read yet. */
  async function pair(): Promise<{ ours: Socket; theirs: Socket }> {
    // a TCP server's address is never a path
    const theirs = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {})
    theirs.pause()
    clients.push(theirs)
    const [ours] = (await once(server, 'connection')) as [Socket]
    return { ours: ours.on('error', () => {}), theirs }
  }

  function handed(ours: Socket, bytes: Uint8Array, may: () => boolean): Promise<boolean> {
    return new Promise((resolve, reject) => {
      if (!handOver(ours, bytes, may, resolve)) reject(new Error('no descriptor'))
    })
  }

  async function readAll(theirs: Socket): Promise<Buffer> {
    const parts: Buffer[] = []
    theirs.on('data', (part) => parts.push(part))
    await once(theirs.resume(), 'close')
    return Buffer.concat(parts)
  }

  test('hands over every byte in order, to a reader however slow', async () => {
    const { ours, theirs } = await pair()
    const bytes = Buffer.alloc(8 * 1024 * 1024)
    for (let i = 0; i < bytes.length; i += 4) bytes.writeUInt32LE(i, i)
    const whole = handed(ours, bytes, () => true)
    setTimeout(() => theirs.resume(), 50)
    const read = readAll(theirs)
    expect(await whole).toBe(true)
    ours.end()
    expect((await read).equals(bytes)).toBe(true)
  })

  test('asks before every write, and writes no more once refused', async () => {
    const { ours, theirs } = await pair()
    let asked = 0
    expect(await handed(ours, Buffer.alloc(10 * pieceBytes), () => ++asked <= 3)).toBe(false)
    expect(asked).toBe(4)
    ours.end()
    expect((await readAll(theirs)).length).toBe(3 * pieceBytes)
  })

  test('writes nothing into a connection that was destroyed, nor into the next that gets its number', async () => {
    const { ours } = await pair()
    const whole = handed(ours, Buffer.alloc(64 * 1024 * 1024, 'x'), () => true)
    ours.destroy()
    const next = await pair()
    expect(await whole).toBe(false)
    next.ours.end('only this')
    expect((await readAll(next.theirs)).toString()).toBe('only this')
  })

  test('says of a client that went away that it has not everything', async () => {
    const { ours, theirs } = await pair()
    const whole = handed(ours, Buffer.alloc(64 * 1024 * 1024), () => true)
    theirs.resetAndDestroy()
    expect(await whole).toBe(false)
  })

  test('has nothing to ask for no bytes', async () => {
    const { ours } = await pair()
    expect(await handed(ours, new Uint8Array(), () => false)).toBe(true)
    ours.destroy()
    expect(
      handOver(
        ours,
        Buffer.from('x'),
        () => true,
        () => {},
      ),
    ).toBe(false)
  })
})
