import { dispatch } from './dispatch.ts'
import { createScreen } from './screen.ts'

// what was asked about is nobody's business who lists the processes of this machine
const args = process.argv.slice(2)
process.title = 'dcann'

// whoever reads our output may have had enough, like `head`
process.stdout.on('error', () => process.exit())

process.exitCode = await dispatch(args, createScreen())
