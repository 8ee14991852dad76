#!/usr/bin/env node
// Starts the command on the Node that the repository brings, from whatever directory it is called.
import { fileURLToPath } from 'node:url'
import { run } from '../../../scripts/launch.mjs'

run(fileURLToPath(new URL('../src/main.ts', import.meta.url)), process.argv.slice(2))
