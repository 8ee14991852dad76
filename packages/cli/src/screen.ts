import { createInterface } from 'node:readline/promises'
import { visible, wrap } from './wrap.ts'

/** Where a command speaks: its result on stdout, everything else on stderr. */
export type Screen = {
  /** Whether somebody reads and can answer. */
  readonly interactive: boolean
  readonly print: (lines: readonly string[]) => void
  readonly printJson: (value: unknown) => void
  /** Tells something on the way, which is no part of the result. */
  readonly tell: (...lines: readonly string[]) => void
  /** Shows how far something is, on one line that is written over; nothing where nobody watches. */
  readonly progress: (line: string) => void
  /** Asks for a yes. Only where `interactive`. */
  readonly confirm: (question: string) => Promise<boolean>
}

function page(lines: readonly string[]): string {
  return lines
    .flatMap((line) => wrap(visible(line)))
    .map((line) => `${line}\n`)
    .join('')
}

/** What a screen stands on: a process, or what a test hands in. */
export type Streams = {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean }
}

/** The screen of this process, unless other streams are handed in. */
export function createScreen({ stdin, stdout, stderr }: Streams = process): Screen {
  const watched = stderr.isTTY ?? false
  let shown = false
  const clear = (): void => {
    if (shown) stderr.write('\r\u001b[2K')
    shown = false
  }
  return {
    interactive: (stdin.isTTY ?? false) && watched,
    print: (lines) => {
      clear()
      stdout.write(page(lines))
    },
    printJson: (value) => {
      clear()
      stdout.write(`${JSON.stringify(value)}\n`)
    },
    tell: (...lines) => {
      clear()
      stderr.write(page(lines))
    },
    progress: (line) => {
      if (!watched) return
      clear()
      stderr.write(line)
      shown = true
    },
    confirm: async (question) => {
      const reader = createInterface({ input: stdin, output: stderr })
      try {
        return /^(?:y|yes)$/i.test((await reader.question(`${question} [y/N] `)).trim())
      } catch {
        // Ctrl-C or Ctrl-D is no yes
        return false
      } finally {
        reader.close()
      }
    },
  }
}
