import { StoreError, isStoreError } from './errors.ts'
import { json, shelf, text } from './shelf.ts'
import type { Require, Store, Write } from './store.ts'

/** A thing that one of several processes over one store does, and another when that one is gone. */
export type Claim = {
  /**
   * Says that this process is there, or takes over when nobody else has said so for a while; call it every BEAT_MS. Resolves
   * to whether the claim is held here. Being late with it loses the claim to whoever is waiting.
   */
  beat(): Promise<boolean>
  /** Whether it was held here when last looked at. What must never be done by two is fenced besides. */
  isHeld(): boolean
  /** What a commit is founded on that only the holder may make; StoreError `fenced` when it is not held here. */
  fence(): Require
  /** What the holder says of itself, such as its address; undefined when nobody holds it. */
  holder(): string | undefined
  /** Lets the next take over at once. */
  letGo(): Promise<void>
}

/** Milliseconds between two signs of life. */
export const BEAT_MS = 500
/** Milliseconds without one, by the clock of whoever waits, after which the claim is taken over. */
export const SILENCE_MS = 4_000

const claims = shelf(
  'claims/held',
  json((value): Standing => {
    if (typeof value === 'object' && value !== null && 'by' in value && 'says' in value) {
      const { by, says } = value
      if ((typeof by === 'string' || by === null) && typeof says === 'string') return { by, says }
    }
    throw new StoreError('corrupt', 'read a claim: it is not one')
  }),
)
const beats = shelf('claims/beats', text)

/** Who has it, `null` when it was let go. */
type Standing = { readonly by: string | null; readonly says: string }

/**
 * A claim by name. `by` is the writer's name of this process: whoever opens the store under it has fenced whoever had it
 * before, so a process that is started again goes on with its claim at once.
 */
export function createClaim(
  store: Pick<Store, 'read' | 'commit'>,
  name: string,
  by: string,
  says: () => string,
  monotonic: () => number = () => performance.now(),
): Claim {
  const [place, pulse] = [claims.at(name), beats.at(name)]
  let held: number | undefined
  let saying: string | undefined
  let seen: { readonly mark: string; readonly at: number } | undefined

  const lose = (): false => {
    held = undefined
    seen = undefined
    return false
  }

  /** Commits as a contender: whoever else was faster, this one has not got it. */
  const tryTo = async (writes: readonly Write[]): Promise<readonly number[] | undefined> => {
    try {
      return (await store.commit({ writes })).versions
    } catch (error) {
      if (isStoreError(error, 'conflict')) return undefined
      throw error
    }
  }

  return {
    isHeld: () => held !== undefined,
    holder: () => saying,
    fence() {
      if (held === undefined)
        throw new StoreError('fenced', `commit under the claim '${name}': another process has it now`)
      return { key: place.key, require: held }
    },
    async beat() {
      if (held !== undefined) {
        const done = await tryTo([{ key: place.key, require: held }, pulse.put(by)])
        return done === undefined ? lose() : true
      }
      const snapshot = await store.read([place.key, pulse.key])
      const [found, life] = [place.from(snapshot), pulse.from(snapshot)]
      saying = found?.value.by == null ? undefined : found.value.says
      const mark = `${found?.version} ${life?.version}`
      if (seen?.mark !== mark) seen = { mark, at: monotonic() }
      const others = found !== undefined && found.value.by !== null && found.value.by !== by
      if (others && monotonic() - seen.at < SILENCE_MS) return false
      const done = await tryTo([place.replace(found, { by, says: says() }), pulse.put(by)])
      if (done === undefined) return false
      held = done[0]
      saying = says()
      return true
    },
    async letGo() {
      if (held === undefined) return
      const version = held
      lose()
      await tryTo([place.put({ by: null, says: '' }, version)])
    },
  }
}

/** Of a store that nobody else can open: always held, and nothing to fence. */
export function soleClaim(): Omit<Claim, 'fence'> {
  return { beat: async () => true, isHeld: () => true, holder: () => undefined, letGo: async () => {} }
}
