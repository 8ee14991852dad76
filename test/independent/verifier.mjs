// A second verifier, written from packages/protocol/spec alone. It shares no code with the first one: node:crypto and a
// library for RFC 8785 are all it has. What it cannot tell from the text, the text lacks.
import { createHash, createPublicKey, verify } from 'node:crypto'
import canonicalize from 'canonicalize'

const sha256 = (...parts) =>
  createHash('sha256')
    .update(Buffer.concat(parts.map((part) => Buffer.from(part))))
    .digest()
const same = (a, b) => canonicalize(a) === canonicalize(b)
const seconds = (text) => Date.parse(text) / 1000
const [day, skew] = [86_400, 300]

export class Refused extends Error {}
function need(holds, why) {
  if (!holds) throw new Refused(why)
}

// bytes.md

export function bytesOf(text) {
  need(typeof text === 'string' && /^[A-Za-z0-9_-]*$/.test(text), 'base64url: its letters')
  const bytes = Buffer.from(text, 'base64url')
  need(bytes.toString('base64url') === text, 'base64url: another text for the same bytes')
  return bytes
}
const textOf = (bytes) => Buffer.from(bytes).toString('base64url')

export function parseCanonical(bytes, most = 65_536) {
  need(bytes.length <= most, 'canonical: too many bytes')
  let value
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    value = JSON.parse(text)
    walk(value, 0)
    need(canonicalize(value) === text, 'canonical: it does not equal its RFC 8785 form')
  } catch (error) {
    throw error instanceof Refused ? error : new Refused('canonical: no JSON')
  }
  return value
}
function walk(value, depth) {
  if (typeof value === 'number') need(Number.isSafeInteger(value) && !Object.is(value, -0), 'canonical: a number')
  if (typeof value === 'string') need(value.isWellFormed() && !value.includes('\0'), 'canonical: a string')
  if (typeof value !== 'object' || value === null) return
  need(depth < 32, 'canonical: depth')
  for (const [name, member] of Object.entries(value)) {
    walk(name, depth)
    need(name !== '__proto__', 'canonical: __proto__')
    walk(member, depth + 1)
  }
}

const P = 2n ** 255n - 19n
const L = 2n ** 252n + 27742317777372353535851937790883648493n
const little = (bytes) => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
const eighth = 2707385501144840649318225287225658788936804267575313519463743609750303021n
// y of the points of small order, and of their negatives
const small = [0n, 1n, P - 1n, eighth, P - eighth]
function isPoint(bytes) {
  const y = little(bytes) & (2n ** 255n - 1n)
  return y < P && !small.includes(y)
}
function verifies(key, message, signature) {
  if (key.length !== 32 || signature.length !== 64 || little(signature.subarray(32)) >= L) return false
  if (!isPoint(key) || !isPoint(signature.subarray(0, 32))) return false
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key])
  return verify(null, message, createPublicKey({ key: spki, format: 'der', type: 'spki' }), signature)
}
export const thumbprint = (key) => textOf(sha256(canonicalize({ crv: 'Ed25519', kty: 'OKP', x: key })))
const dateOf = (signed) => seconds(parseCanonical(bytesOf(signed.payload)).at)
export const recordId = (signed) => textOf(sha256(bytesOf(signed.payload)))

/** Reads a signed record of a noun, every signature proved by a key that may sign; gives payload, id and who signed. */
export function readSigned(signed, noun, keysOf) {
  need(same(Object.keys(signed).sort(), ['payload', 'signatures']), 'signed: its members')
  const payload = parseCanonical(bytesOf(signed.payload))
  need(signed.signatures.length >= 1 && signed.signatures.length <= 32, 'signed: its signatures')
  const keys = new Map(keysOf(payload).map((key) => [thumbprint(key), key]))
  const signers = []
  for (const one of signed.signatures) {
    need(same(Object.keys(one).sort(), ['protected', 'signature']), 'signed: members of a signature')
    const header = parseCanonical(bytesOf(one.protected))
    need(same(header, { alg: 'Ed25519', kid: header.kid, typ: `dcann-${noun}+json` }), 'signed: its header')
    const key = keys.get(header.kid)
    need(key !== undefined && !signers.includes(key), 'signed: a key that may not sign, or one twice')
    const message = Buffer.from(`${one.protected}.${signed.payload}`)
    need(verifies(bytesOf(key), message, bytesOf(one.signature)), 'signed: a signature does not verify')
    signers.push(key)
  }
  return { payload, id: recordId(signed), signers }
}
const count = (signers, keys) => new Set(keys.filter((key) => signers.includes(key))).size
const met = (signers, { keys, threshold = 1 }) => count(signers, keys) >= threshold

// log.md

const leafHash = (bytes) => sha256([0], bytes)

/** Folds a proof from the leaf up; what is left over or lacking is no proof. */
export function included(leaf, index, size, proof, root) {
  need(Number.isSafeInteger(index) && index >= 0 && index < size, 'inclusion: outside the tree')
  const left = [...proof]
  const fold = (at, from, to) => {
    if (to - from === 1) return leaf
    let half = 1
    while (half * 2 < to - from) half *= 2
    const [mine, right] = at < from + half ? [fold(at, from, from + half), false] : [fold(at, from + half, to), true]
    const sibling = left.shift()
    need(sibling !== undefined && sibling.length === 32, 'inclusion: a hash is missing')
    return right ? sha256([1], sibling, mine) : sha256([1], mine, sibling)
  }
  need(fold(index, 0, size).equals(root) && left.length === 0, 'inclusion: another root')
}

export function readNote(text) {
  const [, body, lines] = /^([\s\S]*\n)\n((?:\u2014 [^\n]+\n)+)$/u.exec(text) ?? []
  need(body !== undefined && lines !== undefined, 'note: its form')
  const read = (line) => {
    const [, name, base64] = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line) ?? []
    const bytes = Buffer.from(base64 ?? '', 'base64')
    need(name && bytes.toString('base64') === base64 && bytes.length > 4, 'note: a line')
    return { name, hash: bytes.subarray(0, 4), signature: bytes.subarray(4) }
  }
  const signatures = lines.trimEnd().split('\n').map(read)
  return { body, signatures }
}
const linesBy = (note, name, key, type) => {
  const hash = sha256(`${name}\n`, [type], bytesOf(key)).subarray(0, 4)
  return note.signatures
    .filter((line) => line.name === name && line.hash.equals(hash))
    .map(({ signature }) => signature)
}

/** Opens a checkpoint by its log's key; with `only` every line has to be the log's or one of these witnesses'. */
export function openCheckpoint(text, { origin, key }, only) {
  const note = readNote(text)
  const [name, size, root, ...more] = note.body.split('\n').slice(0, -1)
  need(name === origin, 'checkpoint: of another log')
  need(/^(0|[1-9][0-9]*)$/.test(size) && Number.isSafeInteger(Number(size)), 'checkpoint: its size')
  const hash = Buffer.from(root ?? '', 'base64')
  need(hash.length === 32 && hash.toString('base64') === root, 'checkpoint: its root')
  need(!more.includes(''), 'checkpoint: an empty line')
  need(Number(size) > 0 || hash.equals(sha256('')), 'checkpoint: nothing has another root')
  const own = linesBy(note, origin, key, 1)
  need(own.length > 0, 'checkpoint: not by its log')
  for (const signature of own)
    need(verifies(bytesOf(key), Buffer.from(note.body), signature), 'checkpoint: a forged line')
  const proved = own.length + (only ?? []).reduce((sum, witness) => sum + timesOf(note, witness).length, 0)
  need(only === undefined || proved === note.signatures.length, 'checkpoint: a line that nothing proves')
  return { note, size: Number(size), root: hash, more }
}
/** Times at which a witness cosigned; a line of its that does not verify makes the note nobody's. */
export function timesOf(note, { name, key }) {
  return linesBy(note, name, key, 4).map((bytes) => {
    need(bytes.length === 72, 'cosignature: its length')
    const time = Number(bytes.readBigUInt64BE(0))
    const said = Buffer.from(`cosignature/v1\ntime ${time}\n${note.body}`)
    need(Number.isSafeInteger(time) && verifies(bytesOf(key), said, bytes.subarray(8)), 'cosignature: forged')
    return time
  })
}
/** Whose lines count for a zone; null where the root demands none. */
export function policyOf(root, zone) {
  const { quorum } = root.witness
  if (quorum === 0) return null
  const witnesses = root.witness.witnesses.filter(({ by }) => by !== zone)
  const voices = new Set(witnesses.map(({ by }) => by)).size
  const [leastQuorum, leastVoices] = root.test ? [1, 2] : [2, 3]
  need(quorum >= leastQuorum && voices >= leastVoices && quorum < voices, 'quorum: it bears nothing')
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
/** The record that stands under a name by the map's root, or null. */
export function inMap(root, key, { depth, bitmap, siblings, leaf, ...more }) {
  need(Object.keys(more).length === 0 && Number.isInteger(depth) && depth >= 0 && depth <= 256, 'map: its members')
  const [bits, hashes] = [bytesOf(bitmap), bytesOf(siblings)]
  const bit = (bytes, i) => (bytes[i >> 3] >> (7 - (i % 8))) & 1
  need(bits.length === Math.ceil(depth / 8) && hashes.length % 32 === 0, 'map: its lengths')
  for (let i = depth; i < bits.length * 8; i++) need(bit(bits, i) === 0, 'map: bits behind the turns')
  const set = Array.from({ length: depth }, (_, i) => bit(bits, i))
  need(set.filter(Boolean).length === hashes.length / 32, 'map: siblings and bits')
  need(depth === 0 || set[depth - 1] === 1, 'map: such a way ends higher up')
  let hash = Buffer.alloc(32)
  let at = null
  if (leaf !== null) {
    need(same(Object.keys(leaf).sort(), ['key', 'record']), 'map: members of the leaf')
    at = bytesOf(leaf.key)
    need(at.length === 32 && bytesOf(leaf.record).length === 32, 'map: the leaf')
    for (let i = 0; i < depth; i++) need(bit(at, i) === bit(key, i), 'map: the leaf lies off the way')
    hash = sha256([2], at, bytesOf(leaf.record))
  }
  let next = hashes.length
  for (let i = depth - 1; i >= 0; i--) {
    const sibling = set[i] ? hashes.subarray((next -= 32), next + 32) : Buffer.alloc(32)
    need(!set[i] || sibling.some(Boolean), 'map: zeros for a hash')
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
function continuous(held, { keys, threshold = 1 }, signers) {
  const before = { keys: held.keys, threshold: held.threshold ?? 1 }
  if ((sameKeys(held.keys, keys) && before.threshold === threshold) || met(signers, before)) return
  const announced = keys.filter((key) => held.next.includes(digest(key)))
  need(met(signers, { keys: announced, threshold: Math.max(before.threshold, threshold) }), 'continuity')
}
export const setDigest = (set) => textOf(sha256('dcann/recovery-set/1\n', canonicalize(set)))
const later = (at, seconds_) => new Date((seconds(at) + seconds_) * 1000).toISOString().replace('.000Z', 'Z')
const alive = (open, at) => (open && seconds(at) < seconds(open.until) ? open : undefined)

const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
function base32(number, length) {
  return length === 0 ? '' : base32(number / 32n, length - 1) + crockford[Number(number % 32n)]
}
export function identifierOf(country, genesis) {
  const { name: _, ...nameless } = genesis
  const bits = sha256(`dcann/passport-id/1\n${country}\n`, canonicalize(nameless)).subarray(0, 15)
  const body = country + base32(BigInt(`0x${bits.toString('hex')}`), 24)
  const value = [...body].reduce((sum, letter) => sum * 36n + BigInt(parseInt(letter, 36)), 0n)
  return body + (1272 - Number((value * 1296n) % 1271n)).toString(36).toUpperCase().padStart(2, '0')
}

export function admitPassport(country, held, signed, now) {
  const keys = (p) => (p ? [...p.keys, p.home.key, ...(p.opens?.keys ?? [])] : [])
  const record = readSigned(signed, 'passport', (p) => [...keys(p), ...(held?.payload.keys ?? [])])
  const { payload, id, signers } = record
  need(bytesOf(signed.payload).length <= 4096, 'passport: its size')
  follows(held, payload, id, now)
  need(new Set(payload.keys).size === payload.keys.length && payload.keys.every((key) => isPoint(bytesOf(key))), 'keys')
  need(isPoint(bytesOf(payload.home.key)), 'passport: the key of its home')
  need(!country || payload.status === 'ended' || !country.hold.includes(payload.name), 'passport: held')
  if (!held) {
    need(identifierOf(payload.name.slice(0, 2), payload) === payload.name, 'genesis: its identifier')
    need(!country || (country.name === `country/${payload.name.slice(0, 2)}` && country.status === 'active'), 'genesis')
    const { status, fallback, outgoing, opens, undoes } = payload
    need(status === 'active' && !(fallback ?? outgoing ?? opens ?? undoes), 'genesis: nothing came before it')
    need(signers.includes(payload.keys[0]) && signers.includes(payload.home.key), 'genesis: holder and home')
    return record
  }
  const before = held.payload
  need(now - seconds(payload.at) <= skew, 'passport: dated long ago')
  need(before.status !== 'ended' && payload.salt !== before.salt, 'passport: ended, or its salt again')
  const [fallback, outgoing] = [alive(before.fallback, payload.at), alive(before.outgoing, payload.at)]
  const restored = payload.opens ? recovery(before, payload, signers, fallback, outgoing) : false
  if (!payload.opens) {
    if (before.keys.some((key) => !payload.keys.includes(key)) || before.keys.length !== payload.keys.length)
      continuous(before, payload, signers)
    else need(met(signers, { keys: before.keys }), 'passport: no control key signed')
    settling(held, payload, fallback, outgoing)
  }
  need(restored || same(before.home, payload.home) || signers.includes(payload.home.key), 'passport: its new home')
  return record
}
function recovery(before, payload, signers, fallback, outgoing) {
  const set = payload.opens
  const acting = outgoing ? outgoing.recovery : before.recovery
  need(new Set(set.keys).size === set.keys.length && set.threshold <= set.keys.length, 'recovery: its set')
  need(setDigest(set) === acting && met(signers, set), 'recovery: the set that acts')
  need(!payload.keys.some((key) => before.keys.includes(key)), 'recovery: a control key stays')
  need(![...before.keys, ...payload.keys].some((key) => set.keys.includes(key)), 'recovery: a key of the set')
  need(payload.recovery !== acting && payload.fallback === undefined, 'recovery: its set or fallback stays')
  need(same(payload.outgoing, { recovery: acting, until: later(payload.at, 30 * day) }), 'recovery: outgoing')
  need(payload.undoes === undefined || payload.undoes === fallback?.record, 'recovery: what it undoes')
  return payload.undoes !== undefined && same(fallback.home, payload.home)
}
function settling({ payload: before, id }, payload, fallback, outgoing) {
  need(payload.undoes === undefined, 'settling: undone by a control key')
  if (outgoing) need([before.recovery, outgoing.recovery].includes(payload.recovery), 'settling: the set changes again')
  const moved = !same(before.home, payload.home) || !sameKeys(before.keys, payload.keys)
  const back = fallback ?? { record: id, home: before.home }
  const expected = moved ? { ...back, until: later(payload.at, 14 * day) } : fallback
  need(same(payload.fallback ?? null, expected ?? null), 'settling: fallback')
  const changes = payload.recovery !== before.recovery
  const out = changes && !outgoing && before.recovery !== null
  const left = out ? { recovery: before.recovery, until: later(payload.at, 30 * day) } : changes ? undefined : outgoing
  need(same(payload.outgoing ?? null, left ?? null), 'settling: outgoing')
}

// root.md, country.md, resolving.md

/** Walks versions of the root, of which one is the pinned. */
export function walkRoot(versions, pin) {
  const houses = ['governments', 'companies', 'citizens', 'technical']
  const signed = (record, by) => houses.filter((house) => met(by, record.houses[house]))
  let held
  const roots = versions.map((one) => {
    const keys = (p) => [p, held?.payload].flatMap((r) => (r ? houses.flatMap((house) => r.houses[house].keys) : []))
    const root = readSigned(one, 'root', keys)
    follows(held, root.payload, root.id, seconds(root.payload.at))
    for (const version of held ? [held.payload, root.payload] : [root.payload])
      need(signed(version, root.signers).length >= 3 && signed(version, root.signers).includes('citizens'), 'root')
    if (held)
      for (const house of houses) continuous(held.payload.houses[house], root.payload.houses[house], root.signers)
    return (held = root)
  })
  need(roots.map(({ id }) => id).includes(pin), 'root: the pinned one is none of them')
  return roots
}

/** What a zone's log key said of a name. */
export function statementOf(signed, keys) {
  const { payload: said } = readSigned(signed, 'statement', () => keys)
  need(bytesOf(signed.payload).length <= 4096 && same(Object.keys(said), statementMembers), 'statement: its members')
  need(said.v === 1 && /^(root|[A-Z]{2})$/.test(said.zone) && said.name.length <= 80, 'statement: its form')
  need(said.record === null || bytesOf(said.record).length === 32, 'statement: its record')
  need(Number.isInteger(said.ttl) && said.ttl >= 60 && said.ttl <= day, 'statement: how long to believe it')
  need(later(said.at, 0) === said.at, 'statement: its date')
  return said
}
const statementMembers = ['at', 'name', 'record', 'ttl', 'v', 'zone']

/** A zone's word on a name, and that its map has it: who may sign the zone's head and how old that is come from above. */
export function standing({ zone, name, statement, proof, ...body }, log, root, { now, stated = false }) {
  const said = statementOf(statement, [log.key])
  need(said.zone === zone && said.name === name && body.v === 1, 'statement: of another name')
  need(now - seconds(said.at) <= day && seconds(said.at) <= now + skew, 'statement: its date')
  if (proof === undefined) {
    need(stated, 'resolving: no proof')
    return { record: said.record, vouched: 'stated', stated: seconds(said.at) }
  }
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
  let held
  for (const signed of records) held = admit(held, signed)
  need((held?.id ?? null) === last, 'chain: it does not lead to the record that stands')
  return held
}

/** Proves a country: delegated by the root's role and its own keys, each version with those of the one before. */
export function country(resolution, roots, options) {
  const root = roots.at(-1).payload
  const { record, ...word } = standing(resolution, root.roles.log, root, options)
  const held = chain(resolution.records, record, (before, signed) => {
    const own = before?.payload.keys ?? []
    const one = readSigned(signed, 'country', (p) => [...root.roles.country.keys, ...p.keys, ...own])
    follows(before, one.payload, one.id, options.now)
    need(met(one.signers, root.roles.country) && met(one.signers, one.payload), 'country: who delegates it')
    if (before) continuous(before.payload, one.payload, one.signers)
    return one
  })
  need(held !== undefined && held.payload.name === resolution.name, 'country: there is none')
  return { ...held, ...word }
}

/** Proves a passport, or that there is none: its record, or null. */
export function passport({ passport: resolution }, countryRecord, roots, options) {
  const { zone, name, records } = resolution
  need(zone === name.slice(0, 2) && countryRecord.payload.name === `country/${zone}`, 'passport: of another zone')
  const { record } = standing(resolution, countryRecord.payload.log, roots.at(-1).payload, options)
  const admit = (held, signed) => {
    const one = admitPassport(countryRecord.payload, held, signed, dateOf(signed))
    need(one.payload.name === name, 'passport: of another name')
    return one
  }
  return chain(records, record, admit) ?? null
}

// agreement.md, evidence.md

const days = (text) => Number(/^P([1-9][0-9]{0,3})D$/.exec(text)?.[1]) * day

/** What an offer and a grant over it come to, when they become active now. */
export function agreement(offerSigned, grantSigned, requester, now) {
  const offer = readSigned(offerSigned, 'offer', () => requester.keys)
  const grant = readSigned(grantSigned, 'grant', (p) => [p.key])
  const { terms, handle, control, at, until } = grant.payload
  need(offer.payload.requester === requester.name && requester.status === 'active', 'offer: whose')
  need(grant.payload.offer === offer.id, 'pair: of another offer')
  need(grant.signers.length === 1 && handleOf(grant.payload.key) === handle, 'pair: its handle')
  const ids = offer.payload.terms.map(({ id }) => id)
  need(new Set(terms).size === terms.length && terms.every((id) => ids.includes(id)), 'pair: its terms')
  const left = offer.payload.terms.filter(({ id, optional }) => !optional && !terms.includes(id))
  need(left.length === 0, 'pair: a required term')
  need(seconds(until) > seconds(at) && seconds(until) - seconds(at) <= days(offer.payload.lasts), 'pair: how long')
  need(Math.abs(seconds(at) - now) <= skew, 'activation: its date')
  need(grant.payload.prior !== null || now < seconds(offer.payload.expires), 'activation: the offer has expired')
  need(control.epoch === requester.control.epoch && control.parent === requester.control.parent, 'activation: control')
  return { agreement: grant.id, handle, terms: ids.filter((id) => terms.includes(id)), until }
}
export const handleOf = (key) => base32(little(bytesOf(thumbprint(key)).reverse()) >> 126n, 26).toLowerCase()

export const evidenceLeaf = ({ entry, salt }) => sha256(bytesOf(salt), canonicalize(entry))
/** Lines of one chain, without gap or fork; gives the last leaf. */
export function lines(opened) {
  let before
  for (const { entry, salt } of opened) {
    need((entry.agreement === null) !== (entry.passport === null), 'evidence: of two chains')
    need((entry.n === 1) === (entry.prev === null), 'evidence: prev from the second on')
    need(bytesOf(salt).length === 16, 'evidence: its salt')
    const leaf = textOf(evidenceLeaf({ entry, salt }))
    if (before) {
      const { agreement: of, passport: whose, n } = before.entry
      need(entry.n === n + 1 && entry.prev === before.leaf, 'evidence: a gap or a fork')
      need(entry.agreement === of && entry.passport === whose, 'evidence: of another chain')
    }
    before = { entry, leaf }
  }
  return before?.leaf ?? null
}

/** A name of a zone in an evidence package: who is named around it signed each version, and the last is what stands. */
function party(file, name, noun, around, log, root, options) {
  const resolution = file.chain.resolutions.find((one) => one.name === name)
  need(resolution !== undefined, `package: no ${noun}`)
  const { record, ...word } = standing(resolution, log, root, options)
  const held = chain(resolution.records, record, (before, signed) => {
    const own = (p) => p.keys ?? [p.identity_key]
    const mine = before ? own(before.payload) : []
    const one = readSigned(signed, noun, (p) => [...around.keys, ...own(p), ...mine])
    follows(before, one.payload, one.id, options.now)
    need(one.payload.name === name && count(one.signers, [...around.keys, ...mine]) > 0, `${noun}: by whom`)
    if (!before) need(met(one.signers, around) && count(one.signers, own(one.payload)) > 0, `${noun}: its genesis`)
    return one
  })
  return { ...held, ...word }
}

/** Proves an evidence package over an offer, as of its answer; gives the answer and whom nobody else vouches for. */
export function evidence(bytes, pin) {
  const file = parseCanonical(bytes, 4 * 1024 * 1024)
  const [claimed, body] = [parseCanonical(bytesOf(file.assertion.payload)), bytesOf(file.request.body)]
  const [now, roots] = [claimed.iat, walkRoot(file.chain.root, pin)]
  need(seconds(file.at) === now && file.v === 1, 'package: its date')
  const [options, root] = [{ now, stated: true }, roots.findLast(({ payload }) => seconds(payload.at) <= now)?.payload]
  const zoneOf = (name) =>
    country(file.chain.resolutions.find((one) => one.name === `country/${name.slice(0, 2)}`) ?? {}, roots, options)
  const [zone, theirs] = [zoneOf(claimed.node), zoneOf(claimed.aud)]
  const operatorName = file.chain.resolutions.find(({ name }) => name.includes('/operator/'))?.name
  const operator = party(file, operatorName, 'operator', zone.payload, zone.payload.log, root, options)
  const node = party(file, claimed.node, 'node', operator.payload, zone.payload.log, root, options)
  const requester = party(file, claimed.aud, 'requester', theirs.payload, theirs.payload.log, root, options)
  need(node.payload.operator === operatorName && operator.payload.status === 'active', 'package: who runs the node')
  const parties = [...new Set([zone, theirs]), operator, node, requester]
  need(file.chain.resolutions.length === (zone.payload.name === theirs.payload.name ? 4 : 5), 'package')
  const agreed = agreement(file.offer, file.grant, requester.payload, dateOf(file.grant))
  asked(file.request.head, body, requester.payload.keys)
  const { payload, id } = readSigned(file.assertion, 'assertion', () => [node.payload.assertion_key])
  const expected = { iss: agreed.handle, agreement: agreed.agreement, request: textOf(sha256(body)) }
  for (const [member, value] of Object.entries(expected)) need(payload[member] === value, `assertion: ${member}`)
  const terms = parseCanonical(bytesOf(file.offer.payload)).terms.filter((term) => agreed.terms.includes(term.id))
  for (const { term: name, strand, derived, entries } of payload.items) {
    const term = terms.find((one) => one.id === name && one.strand === strand)
    need(term && (entries === undefined || term.claims === null), 'assertion: beyond the agreement')
    for (const claim of Object.keys(derived ?? {})) need(term.claims?.includes(claim), 'assertion: a claim not granted')
  }
  let isDated = false
  if (file.evidence) {
    const { entry, inclusion } = file.evidence
    const said = { agreement: agreed.agreement, n: payload.n, kind: 'answer', request: payload.request, answer: id }
    for (const [member, value] of Object.entries(said)) need(entry[member] === value, `entry: ${member}`)
    need(entry.outcome === 'answered' && seconds(entry.at) === now && entry.passport === null, 'entry')
    const log = { origin: inclusion.checkpoint.split('\n')[0], key: node.payload.identity_key }
    need(log.origin.endsWith(`/evidence/${claimed.node}`), 'inclusion: of another log')
    const policy = policyOf(root, claimed.node.slice(0, 2))
    const head = openCheckpoint(inclusion.checkpoint, log, policy?.witnesses ?? [])
    need(head.size === inclusion.size && head.more.length === 0, 'inclusion: of another head')
    const leaf = leafHash(evidenceLeaf(file.evidence))
    included(leaf, inclusion.index, head.size, inclusion.proof.map(bytesOf), head.root)
    const time = policy && headTime(head.note, policy, Number.MAX_SAFE_INTEGER)
    isDated = policy !== null && time !== null && time <= node.stated + day
  }
  isDated &&= parties.every(({ vouched }) => vouched === 'cosigned')
  return { assertion: payload, verdict: isDated ? 'verified' : 'provisional' }
}

// request.md: RFC 9421 over four components, and RFC 9530 over the body

function asked(head, body, keys) {
  need(head.content_digest === `sha-256=:${sha256(body).toString('base64')}:`, 'request: its digest')
  const form = /^dcann=(\("@method" "@target-uri" "content-type" "content-digest"\);.*keyid="([^"]+)".*)$/
  const [, parameters, keyid] = form.exec(head.signature_input) ?? []
  const key = keys.find((one) => thumbprint(one) === keyid)
  const values = [head.method, head.target_uri, head.content_type, head.content_digest]
  const names = ['@method', '@target-uri', 'content-type', 'content-digest', '@signature-params']
  const base = [...values, parameters].map((value, i) => `"${names[i]}": ${value}`).join('\n')
  const [, signature] = /^dcann=:([A-Za-z0-9+/]+={0,2}):$/.exec(head.signature) ?? []
  need(key && signature && verifies(bytesOf(key), Buffer.from(base), Buffer.from(signature, 'base64')), 'request')
}
