import { type Capability, capabilityNoun } from '@dcann/protocol/capability'
import type { ErrorCode } from '@dcann/protocol/errors'
import { checkCharacters } from '@dcann/protocol/identifier'
import { type Signer, testSigner } from '@dcann/protocol/key'
import { stopNoun } from '@dcann/protocol/stop'
import { formatTime } from '@dcann/protocol/time'
import { keys, nth } from './federation.ts'
import { at, changed, day, type NamedVector, now, salt, signAny, vectorsOf, write } from './vector.ts'

type Change = Readonly<Record<string, unknown>>

const control = nth(keys.control, 0)
const device = testSigner('vectors/device')
const body = `IN${'0'.repeat(24)}`
const passport = body + checkCharacters(body)
const plain: Capability = {
  v: 1,
  passport,
  key: device.key,
  right: 'narrow',
  until: formatTime(now + 30 * day),
  at,
  nonce: salt(9),
}

/** Giving a key a right, and using it: `use` names the call, act, binding or stop that it is used for. */
export async function capabilityVectors(): Promise<NamedVector[]> {
  const { valid, invalid } = vectorsOf('capability')
  const of = async (change: Change = {}, by: Signer = control): Promise<unknown> =>
    await signAny(capabilityNoun.typ, changed(plain, change), [by])
  const given = { control_keys: [control.key], held: null }
  const right = async (name: string, about: string, change: Change, use?: Change): Promise<NamedVector> =>
    valid(
      name,
      about,
      { given, input: { capability: await of(change), ...(use ? { use } : {}) } },
      { right: change['right'] ?? plain.right },
    )
  const wrong = async (
    name: string,
    about: string,
    change: Change,
    code: ErrorCode,
    {
      use,
      by = control,
      held = null,
      when,
      around = {},
    }: { use?: Change; by?: Signer; held?: unknown; when?: number; around?: Change } = {},
  ): Promise<NamedVector> =>
    invalid(
      name,
      about,
      {
        given: { ...given, held, ...around },
        input: { capability: await of(change, by), ...(use ? { use } : {}) },
        ...(when === undefined ? {} : { now: when }),
      },
      code,
    )
  const rotated = { now_keys: [nth(keys.control, 1).key] }
  const former = { ...rotated, former: [control.key] }
  const before = async (change: Change, ended: boolean): Promise<unknown> => ({ capability: await of(change), ended })
  return [
    await right('narrow-revokes', 'A printed card revokes.', {}, { act: 'revoke' }),
    await right('narrow-complains', 'A card complains.', {}, { act: 'complaint' }),
    await right('narrow-stops', 'A card stops.', {}, { stop: true }),
    await right('narrow-refuses', 'A helpline refuses an ask.', {}, { route: '/v1/asks/refuse' }),
    await right('read-reads', 'A reader reads entries.', { right: 'read' }, { route: '/v1/entries/list' }),
    await right('agree-binds', 'Who may agree signs the binding.', { right: 'agree' }, { bind: true }),
    await right('all-resumes', 'A device resumes.', { right: 'all' }, { act: 'resume' }),
    await right('all-brings-in', 'A device brings entries in.', { right: 'all' }, { route: '/v1/entries' }),
    valid(
      'narrow-outlasts-its-control-key',
      'The control key that gave it was changed: a card still stops.',
      { given: { ...given, ...former }, input: { capability: await of({}), use: { stop: true } } },
      { right: 'narrow' },
    ),
    await wrong(
      'all-with-its-control-key-gone',
      'The control key that gave it was changed: a device does nothing more.',
      { right: 'all' },
      'key-unknown',
      { use: { stop: true }, around: former },
    ),
    await wrong('narrow-by-a-voided-key', 'Recovery voided the control key that gave it.', {}, 'key-unknown', {
      use: { stop: true },
      around: rotated,
    }),
    await wrong('narrow-of-nobody', 'No passport is here for it.', {}, 'key-unknown', {
      use: { stop: true },
      around: { now_keys: [], former: [control.key] },
    }),
    await wrong('narrow-resumes', 'Resuming would loosen.', {}, 'key-unknown', { use: { act: 'resume' } }),
    await wrong('narrow-reads-entries', 'A card sees nothing.', {}, 'key-unknown', {
      use: { route: '/v1/entries/list' },
    }),
    await wrong('narrow-reads-the-trail', 'A card sees nothing.', {}, 'key-unknown', { use: { route: '/v1/trail' } }),
    await wrong('narrow-binds', 'A card agrees to nothing.', {}, 'key-unknown', { use: { bind: true } }),
    await wrong('read-revokes', 'Reading changes nothing.', { right: 'read' }, 'key-unknown', {
      use: { act: 'revoke' },
    }),
    await wrong('agree-stops', 'Agreeing is not stopping.', { right: 'agree' }, 'key-unknown', { use: { stop: true } }),
    await wrong('all-makes-capabilities', 'A device gives no rights on.', { right: 'all' }, 'key-unknown', {
      use: { route: '/v1/capabilities' },
    }),
    await wrong('all-retires', 'What a requester does is for no holder.', { right: 'all' }, 'key-unknown', {
      use: { act: 'retire' },
    }),
    await wrong('unknown-route', 'There is no such call.', { right: 'all' }, 'key-unknown', {
      use: { route: '/v1/everything' },
    }),
    await wrong('unknown-right', 'There is no such right.', { right: 'widen' }, 'schema-mismatch'),
    await wrong('without-until', 'A right without an end.', { until: undefined }, 'schema-mismatch'),
    await wrong('signed-by-itself', 'No key gives itself a right.', {}, 'key-unknown', { by: device }),
    await wrong('of-a-control-key', 'A control key needs none.', { key: control.key }, 'rule-broken'),
    await wrong('small-order-key', 'The key is the neutral point.', { key: `AQ${'A'.repeat(41)}` }, 'key-inadmissible'),
    await wrong('over-at-once', 'It ends when it is made: the end is outside.', { until: at }, 'rule-broken'),
    await wrong('expired-on-arrival', 'At this moment it is over.', { at: formatTime(now - 60), until: at }, 'expired'),
    await wrong('dated-ahead', 'More than 300 s from now.', { at: formatTime(now + 301) }, 'time-invalid'),
    await wrong('after-the-end', 'An ended key gets no right again.', { nonce: salt(8) }, 'rule-broken', {
      held: await before({ at: formatTime(now - 60) }, true),
    }),
    await wrong('older-than-held', 'The later one counts.', { at: formatTime(now - 60) }, 'record-stale', {
      held: await before({ until: formatTime(now + day) }, false),
    }),
    await wrong('used-after-it-ended', 'Sent again after its key was ended.', {}, 'key-unknown', {
      held: await before({}, true),
      use: { act: 'revoke' },
    }),
  ]
}

/** Stops by a key of right `narrow`. */
export async function stopVectors(): Promise<NamedVector[]> {
  const { valid, invalid } = vectorsOf('stop')
  const { signed } = await write(capabilityNoun, plain, [control])
  const given = {
    control_keys: [control.key],
    capability: signed,
    agreement: 'A'.repeat(43),
    requester: 'EE/requester/x',
  }
  const whole = { v: 1, kind: 'revoke', passport: null, of: { all: true }, at, nonce: salt(7) }
  const of = async (change: Change, by: Signer = device): Promise<unknown> =>
    await signAny(stopNoun.typ, changed(whole, change), [by])
  const right = async (name: string, about: string, change: Change, isAbout: boolean): Promise<NamedVector> =>
    valid(name, about, { given, input: await of(change) }, { about: isAbout })
  const wrong = async (name: string, about: string, change: Change, code: ErrorCode, by?: Signer) =>
    invalid(name, about, { given, input: await of(change, by) }, code)
  return [
    await right('everything', 'All is revoked, and no passport named.', {}, true),
    await right(
      'one-requester',
      'All with one requester is paused.',
      { kind: 'pause', of: { requester: 'EE/requester/x' } },
      true,
    ),
    await right('another-requester', 'What is with others stays.', { of: { requester: 'EE/requester/y' } }, false),
    await right(
      'one-agreement',
      'One agreement, of a passport that is named.',
      { passport, of: { agreement: 'A'.repeat(43) } },
      true,
    ),
    await right(
      'clock-of-a-borrowed-machine',
      'Its date is no reason to refuse it.',
      { at: '2001-01-01T00:00:00Z' },
      true,
    ),
    await wrong('resumes', 'A stop only stops.', { kind: 'resume' }, 'schema-mismatch'),
    await wrong('of-nothing', 'It says what is to be stopped.', { of: {} }, 'schema-mismatch'),
    await wrong('all-is-false', 'All is all.', { of: { all: false } }, 'schema-mismatch'),
    await wrong(
      'of-two-things',
      'One of the three.',
      { of: { all: true, requester: 'EE/requester/x' } },
      'schema-mismatch',
    ),
    await wrong('by-a-stranger', 'A key that has no right.', {}, 'key-unknown', nth(keys.stranger, 0)),
  ]
}
