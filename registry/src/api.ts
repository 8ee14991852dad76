import type { Api, Operation } from '@dcann/http/operation'
import { identifierSchema } from '@dcann/protocol/identifier'
import { zoneSchema } from '@dcann/protocol/name'
import { actsAnswer, consistencyAnswer, listAnswer, recordAnswer, zonesAnswer } from '@dcann/protocol/registry-api'
import { passportResolutionSchema, resolutionSchema } from '@dcann/protocol/resolution'
import { schemaNames } from '@dcann/protocol/schema-names'
import { recordIdSchema, signedSchema } from '@dcann/protocol/signed'
import { authorizationAnswer, recognitionAnswer, trustQuerySchema } from '@dcann/protocol/trust-query'
import { z } from 'zod'
import { actsQuery, consistencyQuery } from './log/routes.ts'
import { nameQuery } from './resolve/routes.ts'
import { rootVersionSchema } from './root/routes.ts'
import { listQuery } from './zones/routes.ts'

const reading = { method: 'GET', authenticated: false, revalidates: true } as const

const operations: readonly Operation[] = [
  {
    method: 'POST',
    path: '/v1/records',
    name: 'submitRecord',
    summary: 'Admit one signed record, which signs for itself; answered when it is durable',
    body: signedSchema,
    answers: [
      { status: 201, when: 'The record stands now.', schema: recordAnswer },
      { status: 200, when: 'This very record stood already.', schema: recordAnswer },
    ],
    authenticated: false,
    problems: [
      'identifier-invalid',
      'time-invalid',
      'key-inadmissible',
      'record-signature-invalid',
      'key-unknown',
      'not-entitled',
      'rule-broken',
      'not-active',
      'held',
      'not-found',
      'record-stale',
      'expired',
      'bound-crossed',
      'rate-limited',
    ],
  },
  {
    ...reading,
    path: '/v1/records/:id',
    name: 'getRecord',
    summary: 'A signed record by its id',
    params: { id: recordIdSchema },
    answers: [{ status: 200, schema: signedSchema }],
    problems: ['schema-mismatch', 'not-found'],
  },
  {
    ...reading,
    path: '/v1/resolve/:dpi',
    name: 'resolvePassport',
    summary: 'A passport resolved, or its absence; with its home node and operator when their zone is served here',
    params: { dpi: identifierSchema },
    answers: [{ status: 200, schema: passportResolutionSchema }],
    problems: ['identifier-invalid', 'not-found'],
  },
  {
    ...reading,
    path: '/v1/zones/:zone/record',
    name: 'resolveName',
    summary: 'Any name of a zone resolved, or its absence',
    params: { zone: zoneSchema },
    query: nameQuery,
    answers: [{ status: 200, schema: resolutionSchema }],
    problems: ['schema-mismatch', 'identifier-invalid', 'not-found'],
  },
  {
    ...reading,
    path: '/v1/zones/:zone/records',
    name: 'listNames',
    summary: 'Names of one kind in their order, a page at a time: a hint to resolve each. Passports are never listed',
    params: { zone: zoneSchema },
    query: listQuery,
    answers: [{ status: 200, schema: listAnswer }],
    problems: ['schema-mismatch', 'not-found'],
  },
  {
    ...reading,
    path: '/v1/zones',
    name: 'listZones',
    summary: 'The zones that can speak here, with the origin and key of their logs',
    answers: [{ status: 200, schema: zonesAnswer }],
    problems: [],
  },
  {
    method: 'GET',
    authenticated: false,
    path: '/v1/zones/:zone/checkpoint',
    name: 'getCheckpoint',
    summary: "The newest head of a zone's log, a C2SP signed note",
    params: { zone: zoneSchema },
    answers: [{ status: 200, mediaType: 'text/plain' }],
    problems: ['not-found'],
  },
  {
    method: 'GET',
    authenticated: false,
    path: '/v1/zones/:zone/tile/*',
    name: 'getTile',
    summary: "A tile or a bundle of entries of a zone's log, as C2SP tlog-tiles has it",
    params: {
      zone: zoneSchema,
      path: z.string().describe('Level and index, with their slashes as they are: `0/x001/234`, `entries/000.p/7`'),
    },
    answers: [{ status: 200, mediaType: 'application/octet-stream' }],
    problems: ['schema-mismatch', 'not-found'],
  },
  {
    ...reading,
    path: '/v1/zones/:zone/consistency',
    name: 'proveConsistency',
    summary: 'That one head of a log extends another, as RFC 6962 proves it',
    params: { zone: zoneSchema },
    query: consistencyQuery,
    answers: [{ status: 200, schema: consistencyAnswer }],
    problems: ['schema-mismatch', 'not-found'],
  },
  {
    ...reading,
    path: '/v1/zones/:zone/acts',
    name: 'listActs',
    summary: "Records of the acts in a zone's log, by their place in it: what whoever follows the zone judges again",
    params: { zone: zoneSchema },
    query: actsQuery,
    answers: [{ status: 200, schema: actsAnswer }],
    problems: ['schema-mismatch', 'not-found'],
  },
  {
    method: 'POST',
    path: '/v1/authorization',
    name: 'authorization',
    summary: 'Whether an authority has authorized an entity, in the form of TRQP 2.0, with the proof',
    body: trustQuerySchema,
    answers: [{ status: 200, schema: authorizationAnswer }],
    authenticated: false,
    problems: ['time-invalid', 'not-found'],
  },
  {
    method: 'POST',
    path: '/v1/recognition',
    name: 'recognition',
    summary: 'Whether an authority recognizes another, in the form of TRQP 2.0, with the proof',
    body: trustQuerySchema,
    answers: [{ status: 200, schema: recognitionAnswer }],
    authenticated: false,
    problems: ['time-invalid', 'not-found'],
  },
  {
    ...reading,
    path: '/v1/root',
    name: 'getRoot',
    summary: 'The newest root record',
    answers: [{ status: 200, schema: signedSchema }],
    problems: ['not-found'],
  },
  {
    ...reading,
    path: '/v1/root/:version',
    name: 'getRootVersion',
    summary: 'One version of the root record',
    params: { version: rootVersionSchema },
    answers: [{ status: 200, schema: signedSchema }],
    problems: ['schema-mismatch', 'not-found'],
  },
]

/** What a registry is asked, and what it answers. spec: registry-api */
export const registryApi: Api = {
  title: 'DCANN registry',
  description:
    'A registry answers for any number of zones. Nothing it says is believed without proof, so any copy does: check what ' +
    'comes by the signatures in it.',
  operations,
  schemas: schemaNames,
}

/** The same of a registry or mirror that cosigns what it follows. spec: witness#add-checkpoint */
export const witnessApi: Api = {
  ...registryApi,
  operations: [
    ...operations,
    {
      method: 'POST',
      path: '/v1/add-checkpoint',
      name: 'addCheckpoint',
      summary: 'Cosign a head that extends the one cosigned last, as C2SP tlog-witness has it',
      description:
        'Refusals are text, with the statuses of C2SP tlog-witness: 400 out of form, 403 by no key that speaks for the zone, ' +
        '409 with the size cosigned last (text/x.tlog.size), 422 where hashes or entries do not hold, 503 to be asked again.',
      text: 'An old size, the hashes that lead from there, an empty line, and the checkpoint.',
      answers: [{ status: 200, mediaType: 'text/plain' }],
      authenticated: false,
      problems: ['not-found'],
    },
  ],
}
