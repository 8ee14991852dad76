import type { Act } from './stage.ts'

/** Who is running: each party in its own process with its own folder. */
export const running: Act = async ({ federation, folder }) => ({
  claim: 'Five parties are running, each a process with a folder of its own; no other network is used.',
  proof: [
    federation.parts.map(({ name, url, pid }) => `${name} ${portOf(url)} ${pid()}`).join(' · '),
    `(name, port and pid of each; its folder is ${folder}/ and its name)`,
  ],
  check: {
    command: `curl -s ${federation.registry.url}/v1/zones`,
    expect: /"EE".*"IN".*"root"|"root"/s,
    byOthers: true,
  },
})

function portOf(url: string): string {
  return `:${new URL(url).port}`
}
