import type { Part } from '../federation/part.ts'
import type { Act } from './stage.ts'

/** Who is running: each party in its own process with its own folder. */
export const running: Act = async ({ federation, folder }) => ({
  claim: 'Eight parties are running, each a process with a folder of its own; no other network is used.',
  proof: [
    federation.parts.slice(0, 3).map(describe).join(' · '),
    federation.parts.slice(3, 6).map(describe).join(' · '),
    `${federation.witnesses.map(describe).join(' · ')} · all below ${folder}/`,
  ],
  check: {
    command: `curl -s ${federation.registry.url}/v1/zones`,
    expect: /"EE".*"IN".*"root"|"root"/s,
    byOthers: true,
  },
})

function describe({ name, url, pid }: Part): string {
  return `${name} ${portOf(url)} pid ${pid()}`
}

function portOf(url: string): string {
  return `:${new URL(url).port}`
}
