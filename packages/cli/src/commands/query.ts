import { resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { witnessPolicy } from '@dcann/protocol/log/quorum'
import { parseName } from '@dcann/protocol/name'
import { ProtocolError } from '@dcann/protocol/errors'
import { type MomentPattern, momentSchema } from '@dcann/protocol/moment'
import { proveAgreement } from '@dcann/sdk/agreement-pair'
import { evidenceChain } from '@dcann/sdk/evidence-chain'
import { bearsQuorum } from '@dcann/sdk/evidence-head'
import { makeEvidencePackage } from '@dcann/sdk/evidence-package'
import { type Answered, query as askVault, refusalIn } from '@dcann/sdk/query'
import { createVaultClient } from '@dcann/sdk/vault-client'
import type { QueryItem } from '@dcann/protocol/request'
import type { NodeRecord } from '@dcann/protocol/node'
import { findAddressee } from '../addressee.ts'
import { need } from '../arguments.ts'
import { defineCommand, type Report } from '../command.ts'
import { describeAnswer } from '../describe-answer.ts'
import { UsageError } from '../failure.ts'
import { writeWhole } from '../folder.ts'
import { timeOf } from '../option-values.ts'
import { type Given, ofOpener, ofRequester } from '../options.ts'
import { readPair } from '../pairs.ts'
import { openRequester, readOpener, type Requester } from '../requester.ts'

const options = {
  ...ofRequester,
  ...ofOpener,
  to: { value: '<handle@node>', says: 'whom, as the agreement knows them' },
  agreement: {
    value: '<id | file>',
    says: 'under which agreement, as dcann ask --poll keeps it or the holder gave it',
  },
  purpose: { value: '<dpv:…>', says: 'what for, as agreed' },
  strand: { value: '<strand>', says: 'of what, like mobility.rides' },
  claims: { value: '<a,b>', many: true, says: 'which values; whole entries when left out' },
  tags: { value: '<a,b>', many: true, says: 'only entries with one of these tags' },
  moments: { value: '<driver/channel>', many: true, says: 'only such moments, like experience or intent/online' },
  from: { value: '<time>', says: 'only events from then on, like 2026-01-31 or 2026-01-31T12:00:00Z' },
  'to-time': { value: '<time>', says: 'only events before then' },
  limit: { value: '<n>', says: 'at most so many entries' },
  cursor: { value: '<cursor>', says: 'go on where the answer before ended' },
  save: { value: '<file>', says: 'write an evidence package, which dcann verify proves offline' },
} as const

export const query = defineCommand({
  says: 'As a requester: asks a vault under an agreement, opens the answer where it is sealed, and proves it. More than was agreed is refused before it leaves.',
  options,
  example:
    'dcann query --as EE/requester/insurer --key insurer.seed --to 9k3v…@EE/node/tallinn --agreement Zt3c… --purpose dpv:PersonalisedBenefits --strand mobility.rides --claims rides_per_week',
  run: async ({ given, folder, screen }): Promise<Report> => {
    const to = need(given.to, '--to')
    const agreement = need(given.agreement, '--agreement')
    const question = { purpose: need(given.purpose, '--purpose'), items: [itemOf(given)] }
    const requester = await openRequester(folder, given)
    const { home } = await findAddressee(requester.resolver, to)
    const node = home.node.payload
    const pair = await proveAgreement(await readPair(folder, agreement), requester.record.keys)
    const opener = await readOpener(given, requester.settings.isTest)
    const asking = { by: requester.by, requester: requester.record, node, pair, ...(opener ? { opener } : {}) }
    const answered = await askVault(requester.world, asking, question).catch(async (error: unknown) => {
      const refusal = await refusalIn(error, node)
      if (refusal) screen.tell(`The vault signed its refusal: ${refusal.payload.code}, record ${refusal.id}.`)
      if (error instanceof ProtocolError && error.code === 'not-found') {
        screen.tell('The agreement has ended or was taken back: nothing may be asked under it any more.')
      }
      throw error
    })
    const { assertion } = answered
    const saved = given.save === undefined ? undefined : await save(given.save, answered, requester, node)
    return {
      json: { assertion: assertion.payload, record_id: assertion.id, ...saved },
      lines: [
        ...describeAnswer(assertion.payload),
        ...(saved === undefined
          ? []
          : [
              `Evidence is in ${saved.saved}${saved.included ? '' : ", without its place in the node's log: no head was signed in time"}.`,
              `Prove it to anybody, offline: dcann verify ${saved.saved}`,
            ]),
      ],
    }
  },
})

/** What is asked for, out of the options. */
export function itemOf(given: Given<typeof options>): QueryItem {
  const [claims, tags, moments] = [given.claims, given.tags, given.moments].map((lists) =>
    (lists ?? []).flatMap((list) => list.split(',')).filter((word) => word !== ''),
  )
  const { from, 'to-time': to, limit, cursor } = given
  if (limit !== undefined && !/^[1-9][0-9]{0,2}$/.test(limit))
    throw new UsageError('--limit is no whole number up to 256')
  return {
    strand: need(given.strand, '--strand'),
    ...(claims?.length ? { claims } : {}),
    ...(tags?.length ? { tags } : {}),
    ...(moments?.length ? { moments: moments.map(momentOf) } : {}),
    ...(from === undefined ? {} : { from: timeOf(from, '--from') }),
    ...(to === undefined ? {} : { to: timeOf(to, '--to-time') }),
    ...(limit === undefined ? {} : { limit: Number(limit) }),
    ...(cursor === undefined ? {} : { cursor }),
  }
}

/** `experience`, `online`, or both with a slash between. */
function momentOf(text: string): MomentPattern {
  const { driver, channel } = momentSchema.shape
  const pattern: { -readonly [K in keyof MomentPattern]: MomentPattern[K] } = {}
  for (const part of text.split('/')) {
    const [asDriver, asChannel] = [driver.safeParse(part), channel.safeParse(part)]
    if (asDriver.success && pattern.driver === undefined) pattern.driver = asDriver.data
    else if (asChannel.success && pattern.channel === undefined) pattern.channel = asChannel.data
    else {
      const words = [...driver.options, ...channel.options].join(', ')
      throw new UsageError(
        `--moments ${JSON.stringify(text)} is no moment; expected ${words}, one or two with a slash between`,
      )
    }
  }
  return pattern
}

/** A node signs a head of its log each second and witnesses cosign it: a little patience gets the line's place under theirs. */
const patienceMilliseconds = 5_000

async function save(
  file: string,
  answered: Answered,
  { resolver, world, by, record }: Requester,
  node: NodeRecord,
): Promise<{ readonly saved: string; readonly included: boolean }> {
  const { agreement, n } = answered.assertion.payload
  const chain = await evidenceChain(resolver, node.name, record.name)
  const vault = createVaultClient(world, node.url)
  const until = performance.now() + patienceMilliseconds
  const policy = witnessPolicy(resolver.trust.current().payload, parseName(node.name).zone)
  let opened = await vault.readEvidence(by, agreement, n)
  const isWhole = (): boolean => opened.inclusion !== undefined && bearsQuorum(opened.inclusion.checkpoint, policy)
  while (!isWhole() && performance.now() < until) {
    await wait(200)
    opened = await vault.readEvidence(by, agreement, n)
  }
  if (opened.entry.n !== n)
    throw new ProtocolError('answer-invalid', `reading the evidence of answer ${n}: line ${opened.entry.n} came`)
  await writeWhole(resolve(file), makeEvidencePackage({ answered, chain, opened }))
  return { saved: file, included: opened.inclusion !== undefined }
}
