// A vault node whose wall clock jumps as a file says, in milliseconds: node skewed-vault.ts <file> --config file.json
import { readFileSync } from 'node:fs'

const [, , file = ''] = process.argv
const actual = Date.now.bind(Date)
let skew = 0
setInterval(() => {
  skew = Number(readFileSync(file, 'utf8')) || 0
}, 20).unref()
Date.now = () => actual() + skew

const { readConfig } = await import('@dcann/vault-node/config')
const { start } = await import('@dcann/vault-node/main')
await start(readConfig(process.argv[process.argv.indexOf('--config') + 1] ?? ''))
