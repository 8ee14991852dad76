import { type HeldRecords, needing, type RecordOf } from './admission.ts'
import { admitCountry } from './country.ts'
import { ProtocolError } from './errors.ts'
import type { PublicKey } from './key.ts'
import type { NameKind } from './name.ts'
import { admitNode } from './node.ts'
import { admitOperator } from './operator.ts'
import { admitCountryPolicy, admitRootPolicy } from './policy.ts'
import { isSignedBy, type KeySet, sameKeys } from './record.ts'
import { admitRequester } from './requester.ts'
import { admitRoot, houses } from './root.ts'
import type { Supposed } from './signed.ts'
import type { Instant } from './time.ts'

/** Kinds of records that several hands sign; a passport is its wallet's and its node's. */
export type DraftKind = Exclude<NameKind, 'passport'>

/** A record on its way to be signed. */
export type Draft = { readonly [K in DraftKind]: { readonly kind: K; readonly payload: RecordOf[K] } }[DraftKind]

/** Somebody who signs as one: who, in words, and with which keys how many of. */
export type Hand = { readonly who: string; readonly set: KeySet }

/**
 * Whose signatures a record may bear, given what is held. Throws `not-found` when what its rule reads is not held.
 *
 * spec: records#hands
 */
export function handsOf(draft: Draft, held: HeldRecords): readonly Hand[] {
  const { name } = draft.payload
  const needed = needing(held, name)
  const country = (): Hand => {
    const zone = name.slice(0, 2)
    return { who: `the country ${zone}`, set: needed('country', `country/${zone}`) }
  }
  switch (draft.kind) {
    case 'root': {
      const before = held('root', name)?.payload
      return houses.flatMap((house) =>
        handOf(`the house of ${house}`, before?.houses[house], draft.payload.houses[house]),
      )
    }
    case 'country': {
      const role = { who: "the root's country role", set: needed('root', 'root').roles.country }
      const { houses: own } = needed('root', 'root')
      return [
        role,
        ...handOf(`the country ${name.slice(-2)}`, held('country', name)?.payload, draft.payload),
        ...houses.map((house) => ({ who: `the house of ${house}`, set: own[house] })),
      ]
    }
    case 'operator':
      return [country(), ...handOf('the operator', held('operator', name)?.payload, draft.payload)]
    case 'node': {
      const before = held('node', name)?.payload
      const operator = { who: draft.payload.operator, set: needed('operator', draft.payload.operator) }
      const identity = handOf(
        "the node's identity key",
        before && oneOf([before.identity_key]),
        oneOf([draft.payload.identity_key]),
      )
      return [country(), operator, ...identity]
    }
    case 'policy': {
      if (!name.startsWith('policy/')) return [country()]
      const { houses: own } = needed('root', 'root')
      return houses.map((house) => ({ who: `the house of ${house}`, set: own[house] }))
    }
    case 'requester': {
      const before = held('requester', name)?.payload
      return [country(), ...handOf('the requester', before && oneOf(before.keys), oneOf(draft.payload.keys))]
    }
  }
}

/**
 * Which hands would still have to sign for the rule to admit the record, in every shortest way: one empty way when nobody is
 * missing. The rule itself is asked, about hands that are supposed to have signed.
 *
 * Throws what the rule says when no signature would help, and as `handsOf`.
 *
 * spec: records#hands
 */
export function missingHands(
  draft: Draft,
  signers: readonly PublicKey[],
  held: HeldRecords,
  now: Instant,
): readonly (readonly Hand[])[] {
  const absent = handsOf(draft, held).filter(({ set }) => !isSignedBy(signers, set))
  let last: ProtocolError | undefined
  const admits = (hands: readonly Hand[]): boolean => {
    try {
      judge(draft, [...signers, ...hands.flatMap(({ set }) => set.keys)], held, now)
      return true
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      last = error
      return false
    }
  }
  for (let many = 0; many <= absent.length; many++) {
    const ways = choices(absent, many).filter(admits)
    if (ways.length > 0) return ways
  }
  // asked last with everybody's signature, so what is left is no signature
  throw last ?? new ProtocolError('rule-broken', 'finding out who is missing: nobody may sign this')
}

function judge(draft: Draft, signers: readonly PublicKey[], held: HeldRecords, now: Instant): void {
  const needed = needing(held, draft.payload.name)
  const country = (): RecordOf['country'] => needed('country', `country/${draft.payload.name.slice(0, 2)}`)
  const suppose = <T>(payload: T): Supposed<T> => ({ payload, signers, supposed: true })
  switch (draft.kind) {
    case 'root':
      return admitRoot(held('root', 'root'), suppose(draft.payload), now)
    case 'country':
      return admitCountry(needed('root', 'root'), held('country', draft.payload.name), suppose(draft.payload), now)
    case 'operator':
      return admitOperator(country(), held('operator', draft.payload.name), suppose(draft.payload), now)
    case 'node': {
      const operator = needed('operator', draft.payload.operator)
      return admitNode(country(), operator, held('node', draft.payload.name), suppose(draft.payload), now)
    }
    case 'policy': {
      const before = held('policy', draft.payload.name)
      return draft.payload.name.startsWith('policy/')
        ? admitRootPolicy(needed('root', 'root'), before, suppose(draft.payload), now)
        : admitCountryPolicy(country(), before, suppose(draft.payload), now)
    }
    case 'requester':
      return admitRequester(country(), held('requester', draft.payload.name), suppose(draft.payload), now)
  }
}

function handOf(who: string, held: KeySet | undefined, proposed: KeySet): Hand[] {
  if (!held || (sameKeys(held.keys, proposed.keys) && held.threshold === proposed.threshold))
    return [{ who, set: proposed }]
  return [
    { who: `${who}, with the keys it has`, set: held },
    { who: `${who}, with the keys proposed`, set: proposed },
  ]
}

function oneOf(keys: readonly PublicKey[]): KeySet {
  return { keys, threshold: 1 }
}

/** Every choice of `many` among `all`, in their order. */
function choices<T>(all: readonly T[], many: number): (readonly T[])[] {
  if (many === 0) return [[]]
  return all.flatMap((one, i) => choices(all.slice(i + 1), many - 1).map((rest) => [one, ...rest]))
}
