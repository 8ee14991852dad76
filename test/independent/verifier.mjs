// A second verifier, written from packages/protocol/spec alone. It shares no code with the first one: node:crypto and a
// library for RFC 8785 are all it has. What it cannot tell from the text, the text lacks.
import { createHash, createPublicKey, verify } from 'node:crypto'
import canonicalize from 'canonicalize'

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(Buffer.from(part)), createHash('sha256')).digest()
const same = (a, b) => canonicalize(a) === canonicalize(b)
const seconds = (text) => Date.parse(text) / 1000
const [day, skew] = [86_400, 300]
export class Refused extends Error {}
function need(holds, why) {
  if (!holds) throw new Refused(why)
}
// bytes.md
export function bytesOf(text) {
  const bytes = Buffer.from(typeof text === 'string' ? text : '', 'base64url')
  need(bytes.toString('base64url') === text, 'base64url: it does not re-encode to itself')
  return bytes
}
const textOf = (bytes) => Buffer.from(bytes).toString('base64url')
export function parseCanonical(bytes, most = 65_536) {
  need(bytes.length <= most, 'canonical: too many bytes')
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    const value = JSON.parse(text, plain)
    need(depthOf(value) <= 32 && canonicalize(value) === text, 'canonical: it does not equal its RFC 8785 form')
    return value
  } catch (error) {
    throw error instanceof Refused ? error : new Refused('canonical: no JSON')
  }
}
const depthOf = (value) => (Object(value) === value ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0)
function plain(name, value) {
  const isText = (one) => typeof one !== 'string' || (one.isWellFormed() && !one.includes('\0'))
  need(name !== '__proto__' && isText(name) && isText(value), 'canonical: a string')
  need(typeof value !== 'number' || (Number.isSafeInteger(value) && !Object.is(value, -0)), 'canonical: a number')
  return value
}
const P = 2n ** 255n - 19n
const L = 2n ** 252n + 27742317777372353535851937790883648493n
const eighth = 2707385501144840649318225287225658788936804267575313519463743609750303021n
const small = [0n, 1n, P - 1n, eighth, P - eighth] // y of the points of small order, and of their negatives
const little = (bytes) => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
const yOf = (bytes) => little(bytes) & (2n ** 255n - 1n)
const isPoint = (bytes) => yOf(bytes) < P && !small.includes(yOf(bytes))
function verifies(key, message, signature) {
  if (key.length !== 32 || signature.length !== 64 || little(signature.subarray(32)) >= L) return false
  if (!isPoint(key) || !isPoint(signature.subarray(0, 32))) return false
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key])
  return verify(null, message, createPublicKey({ key: der, format: 'der', type: 'spki' }), signature)
}
export const thumbprint = (key) => textOf(sha256(canonicalize({ crv: 'Ed25519', kty: 'OKP', x: key })))
const dateOf = (signed) => seconds(parseCanonical(bytesOf(signed.payload)).at)
export const recordId = (signed) => textOf(sha256(bytesOf(signed.payload)))
/** Reads a signed record of a noun, every signature proved by a key that may sign; gives payload, id and who signed. */
export function readSigned(signed, noun, keysOf) {
  const { payload: text, signatures, ...others } = signed
  const payload = parseCanonical(bytesOf(text))
  need(same(others, {}) && signatures.length >= 1 && signatures.length <= 32, 'signed: its members')
  const keys = new Map(keysOf(payload).map((key) => [thumbprint(key), key]))
  const signers = signatures.map(({ protected: head, signature, ...more }) => {
    const { kid } = parseCanonical(bytesOf(head))
    const header = canonicalize({ alg: 'Ed25519', kid, typ: `dcann-${noun}+json` })
    need(same(more, {}) && bytesOf(head).toString() === header && keys.has(kid), 'signed: a header, or who signs')
    const key = bytesOf(keys.get(kid))
    need(verifies(key, Buffer.from(`${head}.${text}`), bytesOf(signature)), 'signed: a signature does not verify')
    return keys.get(kid)
  })
  need(new Set(signers).size === signers.length, 'signed: a key signs twice')
  return { payload, id: recordId(signed), signers }
}
const met = (signers, { keys, threshold = 1 }) => new Set(keys.filter((key) => signers.includes(key))).size >= threshold
// log.md
const leafHash = (bytes) => sha256([0], bytes)
export function included(leaf, index, size, proof, root) {
  need(Number.isSafeInteger(index) && index >= 0 && index < size, 'inclusion: outside the tree')
  const left = [...proof]
  const fold = (from, to) => {
    if (to - from === 1) return leaf
    const half = 2 ** ((to - from - 1).toString(2).length - 1)
    const isRight = index >= from + half
    const mine = isRight ? fold(from + half, to) : fold(from, from + half)
    const sibling = left.shift()
    need(sibling?.length === 32, 'inclusion: a hash is missing')
    return isRight ? sha256([1], sibling, mine) : sha256([1], mine, sibling)
  }
  need(fold(0, size).equals(root) && left.length === 0, 'inclusion: another root')
}
export function readNote(text) {
  const [, body, lines] = /^([\s\S]*\n)\n((?:\u2014 [^\n]+\n)+)$/u.exec(text) ?? []
  need(body, 'note: its form')
  const read = (line) => {
    const [, name, base64 = ''] = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line) ?? []
    const bytes = Buffer.from(base64, 'base64')
    need(name && bytes.toString('base64') === base64 && bytes.length > 4, 'note: a line')
    return { name, hash: bytes.subarray(0, 4), signature: bytes.subarray(4) }
  }
  return { body, signatures: lines.trimEnd().split('\n').map(read) }
}
const hashOf = (name, key, type) => sha256(`${name}\n`, [type], bytesOf(key)).subarray(0, 4)
const linesBy = ({ signatures }, name, key, type) =>
  signatures.filter((line) => line.name === name && line.hash.equals(hashOf(name, key, type)))
/** Opens a checkpoint by its log's key; with `only` every line has to be the log's or one of these witnesses'. */
export function openCheckpoint(text, { origin, key }, only) {
  const note = readNote(text)
  const [name, size, root, ...more] = note.body.split('\n').slice(0, -1)
  const hash = Buffer.from(root ?? '', 'base64')
  need(name === origin && !more.includes(''), 'checkpoint: of another log, or with an empty line')
  need(/^(0|[1-9][0-9]*)$/.test(size) && Number.isSafeInteger(Number(size)), 'checkpoint: its size')
  need(hash.length === 32 && hash.toString('base64') === root, 'checkpoint: its root')
  need(size !== '0' || hash.equals(sha256('')), 'checkpoint: nothing has another root')
  const isOwn = ({ signature }) => verifies(bytesOf(key), Buffer.from(note.body), signature)
  const own = linesBy(note, origin, key, 1).map(isOwn)
  need(own.length > 0 && !own.includes(false), 'checkpoint: not by its log')
  const proved = own.length + (only ?? []).reduce((sum, witness) => sum + timesOf(note, witness).length, 0)
  need(only === undefined || proved === note.signatures.length, 'checkpoint: a line that nothing proves')
  return { note, size: Number(size), root: hash, more }
}
export function timesOf(note, { name, key }) {
  return linesBy(note, name, key, 4).map(({ signature }) => {
    const time = signature.length === 72 ? Number(signature.readBigUInt64BE(0)) : NaN
    const said = Buffer.from(`cosignature/v1\ntime ${time}\n${note.body}`)
    need(Number.isSafeInteger(time) && verifies(bytesOf(key), said, signature.subarray(8)), 'cosignature: forged')
    return time
  })
}
export function policyOf(root, zone) {
  const { quorum, witnesses: all } = root.witness
  if (quorum === 0) return null
  const witnesses = all.filter(({ by }) => by !== zone)
  const [voices, least] = [new Set(witnesses.map(({ by }) => by)).size, root.test ? 1 : 2]
  need(quorum >= least && voices > least && quorum < voices, 'quorum: it bears nothing')
  return { quorum, witnesses }
}
export function headTime(note, policy, now) {
  const newest = new Map()
  for (const witness of policy.witnesses)
    for (const time of timesOf(note, witness))
      if (time <= now + skew) newest.set(witness.by, Math.max(time, newest.get(witness.by) ?? 0))
  return [...newest.values()].sort((a, b) => b - a)[policy.quorum - 1] ?? null
}
// map.md
export const mapKey = (zone, name) => sha256(`dcann/name/1\n${zone}\n${name}`)
export function inMap(root, key, { depth, bitmap, siblings, leaf, ...more }) {
  need(same(more, {}) && Number.isInteger(depth) && depth >= 0 && depth <= 256, 'map: its members')
  const [bits, hashes] = [bytesOf(bitmap), bytesOf(siblings)]
  const bit = (bytes, i) => (bytes[i >> 3] >> (7 - (i % 8))) & 1
  const set = Array.from({ length: bits.length * 8 }, (_, i) => bit(bits, i))
  need(bits.length === Math.ceil(depth / 8) && !set.slice(depth).includes(1), 'map: bits behind the turns')
  need(set.filter(Boolean).length * 32 === hashes.length, 'map: siblings and bits')
  need(depth === 0 || set[depth - 1] === 1, 'map: such a way ends higher up')
  const [at, record] = leaf === null ? [] : [bytesOf(leaf.key), bytesOf(leaf.record)]
  need(!at || (same(leaf, { key: leaf.key, record: leaf.record }) && at.length + record.length === 64), 'map: the leaf')
  let hash = at ? sha256([2], at, record) : Buffer.alloc(32)
  let next = hashes.length
  for (let i = depth - 1; i >= 0; i--) {
    const sibling = set[i] ? hashes.subarray((next -= 32), next + 32) : Buffer.alloc(32)
    need(!set[i] || sibling.some(Boolean), 'map: zeros for a hash')
    need(!at || bit(at, i) === bit(key, i), 'map: the leaf lies off the way')
    hash = bit(key, i) ? sha256([3], sibling, hash) : sha256([3], hash, sibling)
  }
  need(hash.equals(root), 'map: another root')
  return at?.equals(key) ? leaf.record : null
}
// records.md, passport.md, recovery.md
function follows(held, payload, id, now) {
  need(payload.v === 1 && seconds(payload.at) <= now + skew, 'sequence: in the future')
  need(payload.seq === (held ? held.payload.seq + 1 : 1) && payload.prev === (held ? held.id : null), 'sequence')
  need(!held || (held.payload.name === payload.name && payload.at >= held.payload.at), 'sequence: name and date')
}
const sameKeys = (a, b) => a.length === b.length && a.every((key) => b.includes(key))
const digest = (key) => textOf(sha256(bytesOf(key)))
function continuous(held, payload, signers) {
  const threshold = Math.max(held.threshold ?? 1, payload.threshold ?? 1)
  const isKept = sameKeys(held.keys, payload.keys) && (held.threshold ?? 1) === (payload.threshold ?? 1)
  const announced = payload.keys.filter((key) => held.next.includes(digest(key)))
  need(isKept || met(signers, held) || met(signers, { keys: announced, threshold }), 'continuity')
}
export const setDigest = (set) => textOf(sha256('dcann/recovery-set/1\n', canonicalize(set)))
const later = (at, seconds_) => new Date((seconds(at) + seconds_) * 1000).toISOString().replace('.000Z', 'Z')
const alive = (open, at) => (open && seconds(at) < seconds(open.until) ? open : undefined)
const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const base32 = (n, length) => (length === 0 ? '' : base32(n / 32n, length - 1) + crockford[Number(n % 32n)])
export function identifierOf(country, { name: _, ...nameless }) {
  const bits = sha256(`dcann/passport-id/1\n${country}\n`, canonicalize(nameless)).subarray(0, 15)
  const body = country + base32(BigInt(`0x${bits.toString('hex')}`), 24)
  const value = [...body].reduce((sum, letter) => sum * 36n + BigInt(parseInt(letter, 36)), 0n)
  return body + (1272 - Number((value * 1296n) % 1271n)).toString(36).toUpperCase().padStart(2, '0')
}
export function admitPassport(country, held, signed, now) {
  const keysOf = (p) => (p ? [...p.keys, p.home.key, ...(p.opens?.keys ?? [])] : [])
  const record = readSigned(signed, 'passport', (p) => [...keysOf(p), ...(held?.payload.keys ?? [])])
  const { payload, id, signers } = record
  const { name, keys, home, status, opens, undoes, salt, at } = payload
  const [zone, before] = [name.slice(0, 2), held?.payload]
  const isGood = [...keys, home.key].every((key) => isPoint(bytesOf(key))) && new Set(keys).size === keys.length
  need(bytesOf(signed.payload).length <= 4096 && isGood, 'passport: its size or keys')
  need(!country || status === 'ended' || !country.hold.includes(name), 'passport: held')
  follows(held, payload, id, now)
  if (!held) {
    const isOpen = !country || (country.name === `country/${zone}` && country.status === 'active')
    need(identifierOf(zone, payload) === name && isOpen && status === 'active', 'genesis: its identifier, or where')
    need(!(payload.fallback ?? payload.outgoing ?? opens ?? undoes), 'genesis: nothing came before it')
    need(signers.includes(keys[0]) && signers.includes(home.key), 'genesis: holder and home')
    return record
  }
  need(now - seconds(at) <= skew && before.status !== 'ended' && salt !== before.salt, 'passport: late, ended, or salt')
  const [fallback, outgoing] = [alive(before.fallback, at), alive(before.outgoing, at)]
  const restored = opens ? recovery(before, payload, signers, fallback, outgoing) : false
  if (!opens && !sameKeys(before.keys, keys)) continuous(before, payload, signers)
  need(opens || !sameKeys(before.keys, keys) || met(signers, { keys: before.keys }), 'passport: no control key signed')
  if (!opens) settling(held, payload, fallback, outgoing)
  need(restored || same(before.home, home) || signers.includes(home.key), 'passport: its new home')
  return record
}
function recovery(before, payload, signers, fallback, outgoing) {
  const { opens: set, keys, undoes, at, home } = payload
  const acting = outgoing ? outgoing.recovery : before.recovery
  const others = [...before.keys, ...keys]
  need(new Set(set.keys).size === set.keys.length && set.threshold <= set.keys.length, 'recovery: its set')
  need(setDigest(set) === acting && met(signers, set), 'recovery: the set that acts')
  need(new Set([...others, ...set.keys]).size === others.length + set.keys.length, 'recovery: a key in two places')
  need(payload.recovery !== acting && payload.fallback === undefined, 'recovery: its set or fallback stays')
  need(same(payload.outgoing, { recovery: acting, until: later(at, 30 * day) }), 'recovery: outgoing')
  need(undoes === undefined || undoes === fallback?.record, 'recovery: what it undoes')
  return undoes !== undefined && same(fallback.home, home)
}
function settling({ payload: before, id }, { at, ...payload }, fallback, outgoing) {
  need(payload.undoes === undefined, 'settling: undone by a control key')
  if (outgoing) need([before.recovery, outgoing.recovery].includes(payload.recovery), 'settling: the set changes again')
  const moved = !same(before.home, payload.home) || !sameKeys(before.keys, payload.keys)
  const back = fallback ?? { record: id, home: before.home }
  const expected = moved ? { ...back, until: later(at, 14 * day) } : fallback
  need(same(payload.fallback ?? null, expected ?? null), 'settling: fallback')
  const changes = payload.recovery !== before.recovery
  const out =
    before.recovery === null || outgoing ? undefined : { recovery: before.recovery, until: later(at, 30 * day) }
  const left = changes ? out : outgoing
  need(same(payload.outgoing ?? null, left ?? null), 'settling: outgoing')
}
// root.md, country.md, operator.md, node.md, requester.md, resolving.md
const houses = ['governments', 'companies', 'citizens', 'technical']
const housesOf = ({ houses: all }, signers) => houses.filter((house) => met(signers, all[house]))
const without = (record, ...members) =>
  Object.fromEntries(Object.entries(record).filter(([name]) => !['seq', 'prev', 'at', ...members].includes(name)))
/** Three houses, citizens among them; else the three others about a silent one, or that one. Gives whom it re-keys. */
function byHouses(before, { payload, signers }) {
  const both = [before ?? payload, payload].map((version) => housesOf(version, signers))
  if (both.every((signed) => signed.length >= 3 && signed.includes('citizens'))) return undefined
  const { house, since } = payload.notice ?? before?.notice ?? {}
  need(before && house, 'root: too few houses')
  const [was, is] = [before.houses[house], payload.houses[house]]
  const rest = (version) => without({ ...version, houses: { ...version.houses, [house]: null } }, 'notice')
  need(same(rest(before), rest(payload)), 'root: more than a notice, or than keys of the silent house')
  const others = both.every((signed) => signed.length >= 3 && !signed.includes(house))
  if (same(was, is)) return need(others || (!payload.notice && both[0].includes(house)), 'root: a notice')
  need(others && before.notice && seconds(payload.at) - seconds(since) >= 97 * day, 'root: a house that is not silent')
  const isAnnounced = [...is.next, ...is.keys.map(digest)].every((one) => was.next.includes(one))
  need(is.threshold >= was.threshold && isAnnounced, 'root: a silent house is weakened, or its keys are not its own')
  return house
}
export function admitRoot(held, one) {
  const keysOf = (p) => (p ? houses.flatMap((house) => p.houses[house].keys) : [])
  const { payload, id, signers } = readSigned(one, 'root', (p) => [...keysOf(p), ...keysOf(held?.payload)])
  follows(held, payload, id, seconds(payload.at))
  const silent = byHouses(held?.payload, { payload, signers })
  for (const house of held ? houses.filter((each) => each !== silent) : []) {
    const was = held.payload.houses[house]
    continuous(was, payload.houses[house], signers)
    need(same(was.next, payload.houses[house].next) || met(signers, was), 'root: others announce for a house')
  }
  return { payload, id, signers }
}
export function walkRoot(versions, pin) {
  const roots = versions.reduce((walked, one) => [...walked, admitRoot(walked.at(-1), one)], [])
  need(roots.map(({ id }) => id).includes(pin), 'root: the pinned one is none of them')
  return roots
}
export function statementOf(signed, keys) {
  const { payload: said } = readSigned(signed, 'statement', () => keys)
  need(bytesOf(signed.payload).length <= 4096 && Object.keys(said).join() === 'at,name,record,ttl,v,zone', 'statement')
  const isRecord = said.record === null || bytesOf(said.record).length === 32
  need(said.v === 1 && /^(root|[A-Z]{2})$/.test(said.zone) && said.name.length <= 80 && isRecord, 'statement: its form')
  need(Number.isInteger(said.ttl) && said.ttl >= 60 && said.ttl <= day && later(said.at, 0) === said.at, 'statement')
  return said
}
export function standing({ zone, name, statement, proof, ...body }, log, root, { now, stated = false }) {
  const said = statementOf(statement, [log.key])
  need(said.zone === zone && said.name === name && body.v === 1, 'statement: of another name')
  need(now - seconds(said.at) <= day && seconds(said.at) <= now + skew, 'statement: its date')
  need(proof !== undefined || stated, 'resolving: no proof')
  if (proof === undefined) return { record: said.record, vouched: 'stated', stated: seconds(said.at) }
  const policy = policyOf(root, zone)
  const head = openCheckpoint(proof.head.checkpoint, log, stated ? (policy?.witnesses ?? []) : undefined)
  const entry = Buffer.from(canonicalize(proof.head.entry))
  included(leafHash(entry), head.size - 1, head.size, proof.head.inclusion.map(bytesOf), head.root)
  const time = policy && headTime(head.note, policy, now)
  need(!policy || (time === null ? stated : now - time <= day), 'head: no quorum, or an old one')
  need(inMap(bytesOf(proof.head.entry.map), mapKey(zone, name), proof.map) === said.record, 'map: another record')
  return { record: said.record, vouched: policy && time !== null ? 'cosigned' : 'uncosigned', stated: seconds(said.at) }
}
function chain(records, last, admit) {
  const held = records.reduce(admit, undefined)
  need((held?.id ?? null) === last, 'chain: it does not lead to the record that stands')
  return held
}
/** What a side that is named may do alone, each member in one direction only. */
const tightens = {
  status: (a, b) => a === 'active' || b === 'ended' || (a === 'draining' && b === 'suspended'),
  bounds: (a, b) => Object.keys(a).every((name) => b[name] <= a[name]),
  hold: (a, b) => a.every((name) => b.includes(name)),
  valid: (a, b) => b.from >= a.from && b.until <= a.until,
  uses: (a, b) => b.every((use) => a.some((one) => same(one, use))),
  control: (a, b) => b.epoch > a.epoch,
}
function requireTighter(was, is) {
  const may = Object.keys(tightens)
  const changed = may.filter((member) => !same(was[member] ?? null, is[member] ?? null))
  need(same(without(was, ...may), without(is, ...may)), 'tightening: something else is changed by one side')
  const isTighter = changed.length > 0 && changed.every((name) => tightens[name](was[name], is[name]))
  need(isTighter, 'tightening: one side loosens, or changes nothing')
}
const own = (p) => ({ keys: p.keys ?? [p.identity_key], threshold: p.threshold ?? 1, next: p.next })
/** Walks a name's records: all sides sign each version, or one that is named tightens alone; the first is above it. */
function walk(noun, resolution, last, sides, now) {
  return chain(resolution.records, last, (before, signed) => {
    const mine = before ? [own(before.payload)] : []
    const one = readSigned(signed, noun, (p) => [...sides, own(p), ...mine].flatMap(({ keys }) => keys))
    const { payload, signers } = one
    follows(before, payload, one.id, now)
    const all = met(signers, sides[0]) && (met(signers, own(payload)) || (noun === 'operator' && !before))
    need(payload.name === resolution.name && (before || all), `${noun}: its name or genesis`)
    need(all || [...sides, ...mine].some((side) => met(signers, side)), `${noun}: by whom`)
    if (before && all) continuous(mine[0], own(payload), signers)
    else if (before) requireTighter(before.payload, payload)
    return one
  })
}
export function country(resolution, roots, options) {
  const root = roots.at(-1).payload
  const { record, ...word } = standing(resolution, root.roles.log, root, options)
  const held = walk('country', resolution, record, [root.roles.country], options.now)
  need(held !== undefined, 'country: there is none')
  return { ...held, ...word }
}
const tombstone = textOf(sha256(canonicalize({ gone: true, v: 1 })))
/** Proves a passport, or that there is none or none any more: its record, or null. */
export function passport({ passport: resolution }, countryRecord, roots, options) {
  const { zone, name, records } = resolution
  need(zone === name.slice(0, 2) && countryRecord.payload.name === `country/${zone}`, 'passport: of another zone')
  const { record } = standing(resolution, countryRecord.payload.log, roots.at(-1).payload, options)
  if (record === tombstone) return need(records.length === 0, 'passport: gone, and yet there are records') ?? null
  const held = chain(records, record, (before, one) => admitPassport(countryRecord.payload, before, one, dateOf(one)))
  need(!held || held.payload.name === name, 'passport: of another name')
  return held ?? null
}
// agreement.md, evidence.md
const days = (text) => Number(/^P([1-9][0-9]{0,3})D$/.exec(text)?.[1]) * day
/** What two documents come to, the second naming the first: an offer and its grant, or a proffer and its acceptance. */
export function agreement(kinds, documents, requester, now) {
  const keys = (p) => (p.key ? [p.key] : requester.keys)
  const [one, other] = kinds.map((kind, i) => readSigned(documents[i], kind, keys))
  const [first, second] = [one.payload, other.payload]
  const [theirs, holder, by] = first.key ? [second, first, one] : [first, second, other]
  const is = { ...requester, requester: requester.name, zone: requester.name.slice(0, 2) }
  const meant = Object.entries(first.for ?? {}).every(([member, value]) => value === null || value === is[member])
  need(meant && theirs.requester === is.requester && requester.status === 'active', 'pair: whose')
  need(second[kinds[0]] === one.id, 'pair: of another document')
  need(by.signers.length === 1 && handleOf(holder.key) === holder.handle, 'pair: its handle')
  const [ids, { terms, at, until, control }] = [first.terms.map(({ id }) => id), second]
  need(new Set(terms).size === terms.length && terms.every((id) => ids.includes(id)), 'pair: its terms')
  need(!first.terms.some(({ id, optional }) => !optional && !terms.includes(id)), 'pair: a required term')
  need(seconds(until) > seconds(at) && seconds(until) - seconds(at) <= days(first.lasts), 'pair: how long')
  need(Math.abs(seconds(at) - now) <= skew && (second.prior || now < seconds(first.expires)), 'activation: expired')
  const isPinned = control.epoch === is.control.epoch && control.parent === is.control.parent
  need(isPinned && theirs.refusal_detriment === 'none' && theirs.ring_fence === 'admitted', 'activation: control')
  return { agreement: other.id, handle: holder.handle, terms: first.terms.filter(({ id }) => terms.includes(id)) }
}
export const handleOf = (key) => base32(little(bytesOf(thumbprint(key)).reverse()) >> 126n, 26).toLowerCase()
export const evidenceLeaf = ({ entry, salt }) => sha256(bytesOf(salt), canonicalize(entry))
export function lines(opened) {
  return opened.reduce((before, { entry, salt }, i) => {
    const { agreement: of, passport: whose, n } = opened[i - 1]?.entry ?? { ...entry, n: entry.n - 1 }
    const isOne = (entry.agreement === null) !== (entry.passport === null) && (entry.n === 1) === (entry.prev === null)
    need(isOne && bytesOf(salt).length === 16, 'evidence: its form')
    need(entry.n === n + 1 && (i === 0 || entry.prev === before), 'evidence: a gap or a fork')
    need(entry.agreement === of && entry.passport === whose, 'evidence: of another chain')
    return textOf(evidenceLeaf({ entry, salt }))
  }, null)
}
/** Proves an evidence package, as of its answer; gives the answer and whom nobody else vouches for. */
export function evidence(bytes, pin) {
  const file = parseCanonical(bytes, 4 * 1024 * 1024)
  const [claimed, body] = [parseCanonical(bytesOf(file.assertion.payload)), bytesOf(file.request.body)]
  const [now, roots] = [claimed.iat, walkRoot(file.chain.root, pin)]
  need(seconds(file.at) === now && file.v === 1, 'package: its date')
  const [options, root] = [{ now, stated: true }, roots.findLast(({ payload }) => seconds(payload.at) <= now)?.payload]
  const named = Object.fromEntries(file.chain.resolutions.map((one) => [one.name, one]))
  const runs = Object.keys(named).find((name) => name.includes('/operator/'))
  const zoneOf = (name) => country(named[`country/${name.slice(0, 2)}`], roots, options)
  const party = (noun, name, sides, { payload: { log } }) => {
    const { record, ...word } = standing(named[name], log, root, options)
    return { ...walk(noun, named[name], record, sides, now), ...word }
  }
  const [zone, theirs] = [zoneOf(claimed.node), zoneOf(claimed.aud)]
  const operator = party('operator', runs, [zone.payload], zone)
  const node = party('node', claimed.node, [operator.payload, zone.payload], zone)
  const requester = party('requester', claimed.aud, [theirs.payload], theirs)
  const count = zone.payload.name === theirs.payload.name ? 4 : 5
  need(Object.keys(named).length === count && file.chain.resolutions.length === count, 'package: whom it is about')
  need(node.payload.operator === runs && operator.payload.status === 'active', 'package: who runs the node')
  const [one, other] = file.proffer ? ['proffer', 'acceptance'] : ['offer', 'grant']
  const agreed = agreement([one, other], [file[one], file[other]], requester.payload, dateOf(file[other]))
  asked(file.request.head, body, requester.payload.keys)
  const { payload, id } = readSigned(file.assertion, 'assertion', () => [node.payload.assertion_key])
  const expected = { iss: agreed.handle, agreement: agreed.agreement, request: textOf(sha256(body)) }
  for (const [member, value] of Object.entries(expected)) need(payload[member] === value, `assertion: ${member}`)
  for (const { term: name, strand, derived, entries } of payload.items) {
    const term = agreed.terms.find((one) => one.id === name && one.strand === strand)
    need(term && (entries === undefined || term.claims === null), 'assertion: beyond the agreement')
    for (const claim of Object.keys(derived ?? {})) need(term.claims?.includes(claim), 'assertion: a claim not granted')
  }
  const others = [zone, theirs, operator, node, requester].every(({ vouched }) => vouched === 'cosigned')
  const isDated = file.evidence && logged(file.evidence, { now, payload, id, node, root })
  return { assertion: payload, verdict: others && isDated ? 'verified' : 'provisional' }
}
function logged({ entry, salt, inclusion: { index, size, proof, checkpoint } }, { now, payload, id, node, root }) {
  const { agreement: of, n, request } = payload
  const said = { agreement: of, passport: null, n, kind: 'answer', request, answer: id, outcome: 'answered' }
  for (const [member, value] of Object.entries(said)) need(entry[member] === value, `entry: ${member}`)
  const { identity_key: key, name } = node.payload
  const [origin, policy] = [`dcann.example/evidence/${name}`, policyOf(root, name.slice(0, 2))]
  const head = openCheckpoint(checkpoint, { origin, key }, policy?.witnesses ?? [])
  need(seconds(entry.at) === now && head.size === size && head.more.length === 0, 'inclusion: of another time or head')
  included(leafHash(evidenceLeaf({ entry, salt })), index, size, proof.map(bytesOf), head.root)
  const time = policy && headTime(head.note, policy, Number.MAX_SAFE_INTEGER)
  return time !== null && time <= node.stated + day
}
// request.md: RFC 9421 over four components, and RFC 9530 over the body
function asked(head, body, keys) {
  need(head.content_digest === `sha-256=:${sha256(body).toString('base64')}:`, 'request: its digest')
  const form = /^dcann=(\("@method" "@target-uri" "content-type" "content-digest"\);.*keyid="([^"]+)".*)$/
  const [, parameters, keyid] = form.exec(head.signature_input) ?? []
  const key = keys.find((one) => thumbprint(one) === keyid)
  const base =
    `"@method": ${head.method}\n"@target-uri": ${head.target_uri}\n"content-type": ${head.content_type}\n` +
    `"content-digest": ${head.content_digest}\n"@signature-params": ${parameters}`
  const [, signature] = /^dcann=:([A-Za-z0-9+/]+={0,2}):$/.exec(head.signature) ?? []
  need(key && signature && verifies(bytesOf(key), Buffer.from(base), Buffer.from(signature, 'base64')), 'request')
}
