// Runs under any Node, however old: reads [{key, message, signature}] in hexadecimal from standard input and writes the
// verdicts of this Node's own engine behind the byte rules, which stand here a second time, written apart from ours.
import { createPublicKey, verify } from 'node:crypto'

const p = 2n ** 255n - 19n
const l = 2n ** 252n + 27742317777372353535851937790883648493n
const prefix = Buffer.from('302a300506032b6570032100', 'hex')
const y8 = 2707385501144840649318225287225658788936804267575313519463743609750303021098n
const smallOrder = new Set([0n, 1n, p - 1n, y8, p - y8])

const little = (bytes) => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex') || '0'}`)
const yOf = (bytes) => little(bytes) & (2n ** 255n - 1n)
const isPoint = (bytes) => bytes.length === 32 && yOf(bytes) < p && !smallOrder.has(yOf(bytes))

function isValid(key, message, signature) {
  if (signature.length !== 64 || little(signature.subarray(32)) >= l) return false
  if (!isPoint(key) || !isPoint(signature.subarray(0, 32))) return false
  try {
    const imported = createPublicKey({ key: Buffer.concat([prefix, key]), format: 'der', type: 'spki' })
    return verify(null, message, imported, signature)
  } catch {
    return false
  }
}

let text = ''
for await (const chunk of process.stdin) text += chunk
const verdicts = JSON.parse(text).map((row) =>
  isValid(...['key', 'message', 'signature'].map((name) => Buffer.from(row[name], 'hex'))),
)
process.stdout.write(JSON.stringify(verdicts))
