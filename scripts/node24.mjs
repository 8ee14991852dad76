// node scripts/node24.mjs <file> [arguments…] — runs the file on the Node described in launch.mjs.
import { run } from './launch.mjs'

const [file, ...args] = process.argv.slice(2)
if (file === undefined) {
  console.error('Cannot start: no file given: usage is node scripts/node24.mjs <file> [arguments…]')
  process.exit(2)
}
run(file, args)
