import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

// what was asked about is nobody's business who lists the processes of this machine
const args = process.argv.slice(2)
process.title = 'dcann'

// whoever reads our output may have had enough, like `head`
process.stdout.on('error', () => process.exit())

// beside the code, which whoever can write there could change as well; where nobody can, there is no cache
enableCompileCache(join(import.meta.dirname, '../../../node_modules/.cache/dcann'))

const [{ dispatch }, { createScreen }] = await Promise.all([import('./dispatch.ts'), import('./screen.ts')])
process.exitCode = await dispatch(args, createScreen())
