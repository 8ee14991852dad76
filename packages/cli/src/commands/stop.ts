import { ProtocolError, quote } from '@dcann/protocol/errors'
import { urlSchema } from '@dcann/protocol/text'
import type { ToStop } from '@dcann/sdk/capability'
import { createResolver, type Resolver } from '@dcann/sdk/resolver'
import { readCard, useCard, writeCard } from '@dcann/sdk/stop-card'
import { readRootFile } from '@dcann/sdk/trust'
import { seenInMemory } from '@dcann/sdk/world'
import { need } from '../arguments.ts'
import { defineCommand, type Report } from '../command.ts'
import { UsageError } from '../failure.ts'
import { readNamed } from '../folder.ts'
import { openOutside, worldOf } from '../settings.ts'

export const stop = defineCommand({
  says: 'Stops with a printed card alone, on any machine: takes back everything that its owner agreed to, or holds it. No wallet, no settings, nothing kept.',
  options: {
    card: { value: '<code>', says: 'the six groups on the card, or all that it says' },
    node: { value: '<node>', says: 'the vault that the card names, like EE/node/tallinn' },
    pause: { says: 'hold until the owner resumes, and do not end' },
    requester: { value: '<requester>', says: 'only what was agreed with this requester' },
    agreement: { value: '<agreement>', says: 'only this agreement' },
    root: { value: '<file>', says: 'the root record, to find the vault by; else the one that is set up here' },
    registry: { value: '<url>', many: true, says: 'with --root: a registry to ask' },
    vault: { value: '<url>', says: 'the address of the vault itself, instead of asking a registry' },
  },
  example: 'dcann stop --card "9K3F0T-…" --node EE/node/tallinn --root root.json --registry https://registry.example',
  run: async ({ given, folder }): Promise<Report> => {
    const card = readCard(need(given.card, '--card'))
    const node = given.node ?? card.node
    if (node === undefined && given.vault === undefined)
      throw new UsageError('--node is missing: the vault that stands on the card')
    if (card.node !== undefined && given.node !== undefined && card.node !== given.node)
      throw new UsageError('--node and the card name two vaults; expected the one on the card')
    const kind = given.pause ? 'pause' : 'revoke'
    const of = whatOf(given)
    const world = { ...worldOf(folder), seen: seenInMemory() }
    const where = given.vault === undefined ? await resolverOf(folder, given) : addressOf(given.vault)
    const { effective_after: milliseconds } = await stopBy(world, where, writeCard({ ...card, node }), kind, of)
    return {
      json: { kind, of, effective_after: milliseconds },
      lines: [
        kind === 'pause'
          ? `Held: nothing leaves any more, effective after ${milliseconds} ms. Only the owner can resume.`
          : `Taken back: nothing leaves any more, effective after ${milliseconds} ms. Nothing brings it back.`,
        'Nothing of this was kept on this machine, and whoever is stopped does not learn by whom.',
      ],
    }
  },
})

type Given = { readonly requester?: string; readonly agreement?: string }

function whatOf({ requester, agreement }: Given): ToStop {
  if (requester !== undefined && agreement !== undefined)
    throw new UsageError('expected --requester or --agreement, not both')
  if (requester !== undefined) return { requester }
  return agreement === undefined ? { all: true } : { agreement }
}

/** A vault knows no other no than this one: a card that was ended is as one that never was. */
async function stopBy(...args: Parameters<typeof useCard>): ReturnType<typeof useCard> {
  try {
    return await useCard(...args)
  } catch (error) {
    if (!(error instanceof ProtocolError) || error.code !== 'not-found') throw error
    throw new ProtocolError(
      'not-found',
      'stopping: this vault knows no such card; it was ended, has run out, or belongs to another vault',
    )
  }
}

/** A resolver that needs nothing in the folder where a root and a registry are given. */
async function resolverOf(
  folder: string,
  { root, registry = [] }: { readonly root?: string; readonly registry?: readonly string[] },
): Promise<Resolver> {
  if (root === undefined && registry.length === 0) return (await openOutside(folder)).resolver
  if (root === undefined || registry.length === 0)
    throw new UsageError('--root and --registry go together; or give --vault')
  const pinned = readRootFile(await readNamed(root, 'the root'))
  const world = { ...worldOf(folder), seen: seenInMemory() }
  return await createResolver({ world, pinned, registries: registry.map(addressOf) })
}

function addressOf(url: string): string {
  if (urlSchema.safeParse(url).success) return url
  throw new UsageError(`${quote(url, 80)} is no base address: expected https, or http on this machine`)
}
