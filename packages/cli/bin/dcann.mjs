#!/usr/bin/env node
// Starts the command, on the Node that the repository brings where the one at hand is too old, from whatever directory
// it is called.
import { fileURLToPath } from 'node:url'
import { runHere } from '../../../scripts/launch.mjs'

const args = process.argv.slice(2)
// what was asked about is nobody's business who lists the processes of this machine
process.title = 'dcann'

await runHere(fileURLToPath(new URL('../src/main.ts', import.meta.url)), args)
