import { connect } from 'node:net'
import { type ErrorCode, errorCodes } from '@dcann/protocol/errors'
import type { DoorCase } from './door-case.ts'

/** What came back on the wire. */
export type RawAnswer = {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
  readonly milliseconds: number
}

/** Writes bytes to a loopback port and reads one answer. Rejects when none comes in time. */
export function strike(
  port: number,
  bytes: Uint8Array,
  halfClose = false,
  deadlineMilliseconds = 5_000,
): Promise<RawAnswer> {
  const start = performance.now()
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    const finish = (end: () => void): void => {
      clearTimeout(timer)
      socket.destroy()
      end()
    }
    const timer = setTimeout(() => finish(() => reject(new Error('no answer in time'))), deadlineMilliseconds)
    const look = (ended: boolean): void => {
      const answer = parse(Buffer.concat(parts), performance.now() - start)
      if (answer) finish(() => resolve(answer))
      else if (ended) finish(() => reject(new Error(`closed after ${Buffer.concat(parts).length} bytes of an answer`)))
    }
    socket.on('connect', () => (halfClose ? socket.end(bytes) : socket.write(bytes)))
    socket.on('data', (part) => {
      parts.push(part)
      look(false)
    })
    // what came before a reset still counts
    socket.on('error', () => {})
    socket.on('end', () => look(true))
    socket.on('close', () => look(true))
  })
}

function parse(bytes: Buffer, milliseconds: number): RawAnswer | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const headers = new Map(
    lines.map(
      (line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()] as const,
    ),
  )
  const status = Number(first.split(' ')[1])
  const length = status === 204 ? 0 : Number(headers.get('content-length') ?? 'NaN')
  const body = bytes.subarray(end + 4)
  if (!(body.length >= length)) return undefined
  return { status, headers, body: body.subarray(0, length).toString(), milliseconds }
}

/** What is wrong with the answer to a hostile request; empty when it is as it must be. */
export function faultsOf(answer: RawAnswer, expected: { readonly status: number; readonly code: ErrorCode }): string[] {
  const faults: string[] = []
  if (answer.status !== expected.status) faults.push(`status ${answer.status}, expected ${expected.status}`)
  if (answer.headers.get('content-type') !== 'application/problem+json') faults.push('not a problem')
  if (Buffer.byteLength(answer.body) > 1024) faults.push(`${Buffer.byteLength(answer.body)} bytes of body`)
  const leak = /node_modules|\/src\/|\.ts\b|\bat \S+ \(|hono|undici|zod|http-message-sig|node:|ENOENT|select /i.exec(
    answer.body,
  )
  if (leak) faults.push(`the body says ${leak[0]}`)
  const code = codeOf(answer.body)
  if (code !== expected.code) faults.push(`code ${code}, expected ${expected.code}`)
  if (code === undefined || !errorCodes.some((known) => known === code)) faults.push('no known code')
  return faults
}

function codeOf(body: string): string | undefined {
  try {
    const problem: unknown = JSON.parse(body)
    const type = typeof problem === 'object' && problem !== null && 'type' in problem ? problem.type : undefined
    return typeof type === 'string' ? type.slice(type.lastIndexOf(':') + 1) : undefined
  } catch {
    return undefined
  }
}

/** Sends a case and says what is wrong with the answer. */
export async function faultsOfCase<T>(port: number, hostile: DoorCase<T>, target: T): Promise<string[]> {
  try {
    return faultsOf(await strike(port, await hostile.bytes(target), hostile.halfClose), hostile)
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}
