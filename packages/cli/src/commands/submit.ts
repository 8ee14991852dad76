import { ProtocolError, quote } from '@dcann/protocol/errors'
import type { Draft } from '@dcann/protocol/hands'
import { parseName } from '@dcann/protocol/name'
import type { Signed } from '@dcann/protocol/signed'
import { askRegistries } from '@dcann/sdk/ask-registries'
import { type Acknowledged, createRegistryClient } from '@dcann/sdk/registry-client'
import { defineCommand, type Report } from '../command.ts'
import { readRecordFile } from '../record-file.ts'
import { isUnreachable, openOutside, type Outside } from '../settings.ts'
import { isStanding, operatorOf, requireComplete, signingOf, standingOf } from '../standing.ts'
import { table } from '../wrap.ts'

export const submit = defineCommand({
  says: "Sends a signed record to its zone's registry, where it stands once it is admitted. A record that is not complete is not sent: who is missing is said instead.",
  takes: ['<file>'],
  options: { to: { value: '<url>', many: true, says: 'another registry that is to have it as well' } },
  example: 'dcann submit operator.json',
  run: async ({ words: [file = ''], given, folder, screen }): Promise<Report> => {
    const record = await readRecordFile(file)
    const { draft, submitted } = record
    const outside = await openOutside(folder)
    const { name } = draft.payload
    const standing = await standingOf(outside, draft.kind, name, operatorOf(draft))
    if (!isStanding(record, standing)) requireComplete(record, await signingOf(record, standing))
    if (submitted === undefined)
      throw new ProtocolError('not-entitled', `submitting ${quote(name)}: nobody has signed it`)
    const { answer, to } = await send(outside, draft, submitted.signed)
    const also = [...new Set([...copiesOf(draft), ...(given.to ?? [])])].filter((url) => url !== to)
    const waiting: string[] = []
    for (const url of also) {
      if (!(await sendCopy(outside, url, submitted.signed))) waiting.push(url)
    }
    for (const url of waiting)
      screen.tell(`${url} does not answer. Submit it again once it does, or name the file in its recordFiles.`)
    return {
      json: { ...answer, to, also: also.filter((url) => !waiting.includes(url)), waiting },
      lines: [
        `${name}, number ${answer.seq}, ${answer.known ? 'stood already' : 'stands now'}.`,
        ...table([
          ['Record', answer.id],
          ['Zone', `${answer.zone}, at ${to}`],
        ]),
      ],
    }
  },
})

/** The registry that is authoritative: the root's for the root and for delegations, else one that the country names. */
async function send(
  { resolver, settings, world }: Outside,
  { payload: { name } }: Draft,
  signed: Signed,
): Promise<{ readonly answer: Acknowledged; readonly to: string }> {
  const urls =
    parseName(name).zone === 'root'
      ? settings.registries
      : ((await resolver.resolveName(`country/${parseName(name).zone}`, { kind: 'country' })).record?.payload.urls ??
        [])
  const { found, source } = await askRegistries(
    urls,
    `submitting ${quote(name)}`,
    async (url) => await createRegistryClient(world, url).submit(signed),
  )
  return { answer: found, to: source }
}

/** A country's own registries keep a copy of its delegation. */
function copiesOf(draft: Draft): readonly string[] {
  return draft.kind === 'country' ? draft.payload.urls : []
}

async function sendCopy({ world }: Outside, url: string, signed: Signed): Promise<boolean> {
  try {
    await createRegistryClient(world, url).submit(signed)
    return true
  } catch (error) {
    if (isUnreachable(error)) return false
    throw error
  }
}
