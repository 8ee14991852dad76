import { type Mutant, mutantsOf } from './mutant.ts'

const src = 'packages/protocol/src'
const tombstone = mutantsOf(`${src}/tombstone.ts`, [`${src}/tombstone.test.ts`])
const succession = mutantsOf(`${src}/log/succession.ts`, [`${src}/log/succession.test.ts`])

/** How a passport's records go for good, and how a log gives way to the next. */
export const endings: readonly Mutant[] = [
  tombstone(
    'living-passport-buried',
    'puts a tombstone where nothing has ended',
    "if (ending === undefined) return refuse('nothing has ended under this name; only its holder ends it')",
    'if (ending === undefined) return',
  ),
  tombstone(
    'buried-twice',
    'buries what is buried',
    "if (ending.is === 'gone') return",
    "if (ending.is === 'withheld') return",
  ),
  tombstone(
    'buried-early',
    'buries a second too early',
    'now - ending.at < times.erasure',
    'now - ending.at < times.erasure - 1',
  ),
  tombstone(
    'buried-late',
    'does not bury in the very second',
    'now - ending.at < times.erasure)',
    'now - ending.at <= times.erasure)',
  ),
  tombstone(
    'withheld-for-nothing',
    'takes a record as erased that no tombstone follows',
    "if (isBuried && ending?.is !== 'ended' && ending?.is !== 'gone') return",
    "if (ending?.is !== 'ended' && ending?.is !== 'gone') return",
  ),
  tombstone(
    'withheld-after-the-end',
    'takes a withheld record after the one that ended the passport',
    "isBuried && ending?.is !== 'ended' && ending?.is !== 'gone'",
    "isBuried && ending?.is !== 'gone'",
  ),
  tombstone(
    'withheld-under-a-tombstone',
    'takes a withheld record after the tombstone',
    "isBuried && ending?.is !== 'ended' && ending?.is !== 'gone'",
    "isBuried && ending?.is !== 'ended'",
  ),
  tombstone(
    'born-again',
    'registers again what is gone',
    "if (ending?.is !== 'gone') return",
    'if (ending !== null) return',
  ),
  succession(
    'log-key-under-one-origin',
    'lets a new key speak under the origin of the key before',
    'isNew && held.log.origin !== log.origin && frozen',
    'isNew && frozen',
  ),
  succession(
    'log-key-not-frozen',
    'lets a new key speak without saying where the log before ended',
    'frozen && frozen.size >= (held.frozen?.size ?? 0)) return',
    '(frozen?.size ?? Infinity) >= (held.frozen?.size ?? 0)) return',
  ),
  succession(
    'frozen-earlier',
    'lets a log be frozen before where the one before it was',
    'frozen.size >= (held.frozen?.size ?? 0)',
    'frozen.size >= 0',
  ),
  succession(
    'origin-moved',
    'lets a log move to another origin under its key',
    'held.log.key === log.key && held.log.origin === log.origin',
    'held.log.key === log.key',
  ),
  succession(
    'frozen-rewritten',
    'lets where a log ended be told otherwise later',
    'if (isKept && same) return',
    'if (isKept) return',
  ),
  succession('speaker-oldest', 'believes the oldest log that was named', 'speakers.findLast(', 'speakers.find('),
  succession(
    'speaker-early',
    'believes a log before the batch that names it',
    'findLast(({ from }) => from <= size)',
    'findLast(({ from }) => from <= size + 1)',
  ),
  succession(
    'speaker-late',
    'does not believe a log for the very batch that names it',
    'findLast(({ from }) => from <= size)',
    'findLast(({ from }) => from < size)',
  ),
  succession(
    'speaker-any-key',
    'believes whatever key under the right origin',
    'named?.key === by.key && named.origin === by.origin',
    'named?.origin === by.origin',
  ),
  succession(
    'frozen-shorter',
    'takes a head that lacks entries of the log before',
    'if (size < frozen.size) {',
    'if (size < 0) {',
  ),
  succession(
    'frozen-other-past',
    'takes a log with another past than the one before had',
    'if (equalBytes(rootAt(before.size), before.root)) return',
    'if (before.root.length === rootAt(before.size).length) return',
  ),
]
