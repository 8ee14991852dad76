import { judgeChain, type OpenedEntry } from '@dcann/protocol/evidence'
import { fsckPlace, openPlace, type Place } from '@dcann/store/engines'
import { MAX_RANGE, type Store } from '@dcann/store/store'
import { states } from './agreements/shelf.ts'
import type { Config } from './config.ts'
import { chainOf, lines, passportHeads } from './evidence/shelf.ts'

/** Checks a stopped node's store: first every value and the chained head, then every chain of evidence against its end. */
export async function checkVault(config: Pick<Config, 'store'>, print: (line: string) => void): Promise<boolean> {
  const report = await fsckPlace(config.store)
  for (const { code, message } of report.findings) print(`${code}: ${message}`)
  if (report.findings.length) return false
  const store = await openPlace(asChecker(config.store), { check: 'quick' })
  try {
    const { chains, entries, broken } = await checkChains(store)
    for (const line of broken) print(line)
    print(`${report.genuine} values genuine, ${chains} chains of ${entries} entries, ${broken.length} broken`)
    return broken.length === 0
  } finally {
    await store.close()
  }
}

/** A database is looked at beside whoever else uses it. */
function asChecker(place: Place): Place {
  return typeof place === 'string' ? place : { ...place, writer: 'fsck' }
}

/** Reads every chain from its first entry and compares its end with the one that decisions go by. */
export async function checkChains(
  store: Store,
): Promise<{ readonly chains: number; readonly entries: number; readonly broken: readonly string[] }> {
  const broken: string[] = []
  let chains = 0
  let entries = 0
  let chain: OpenedEntry[] = []
  const judge = async (): Promise<void> => {
    const first = chain[0]
    if (!first) return
    chains++
    entries += chain.length
    const [kind, name] = chainOf(first.entry)
    const said = kind === 'a' ? states.at(name) : passportHeads.at(name)
    try {
      if (first.entry.n !== 1) throw new Error(`it begins with entry ${first.entry.n}`)
      const leaf = judgeChain(chain)
      const end = said.from(await store.read([said.key]))?.value
      if (end?.n !== chain.length || end.leaf !== leaf)
        throw new Error(`it has ${chain.length} entries, decisions go by ${end?.n ?? 'none'}`)
    } catch (error) {
      broken.push(
        `chain-broken: the chain ${kind}/${name.slice(0, 6)}…: ${error instanceof Error ? error.message : 'broken'}`,
      )
    }
    chain = []
  }
  for (let after: string | undefined, more = true; more;) {
    const found = await store.range({
      prefix: 'evidence/lines/',
      limit: MAX_RANGE,
      ...(after === undefined ? {} : { after }),
    })
    for (const one of found) {
      const { value } = lines.entry(one)
      if (
        value.entry.n === 1 ||
        value.entry.agreement !== chain[0]?.entry.agreement ||
        value.entry.passport !== chain[0]?.entry.passport
      )
        await judge()
      chain.push(value)
    }
    after = found.at(-1)?.key
    more = found.length === MAX_RANGE
  }
  await judge()
  return { chains, entries, broken }
}
