import { type Mutant, mutantsOf } from './mutant.ts'

const src = 'packages/protocol/src'
const cover = mutantsOf(`${src}/cover.ts`, [`${src}/cover.test.ts`])
const use = mutantsOf(`${src}/offer.ts`, [`${src}/offer.test.ts`])
const moment = mutantsOf(`${src}/moment.ts`, [`${src}/moment.test.ts`])
const right = mutantsOf(`${src}/right.ts`, [`${src}/capability.test.ts`])
const capability = mutantsOf(`${src}/capability.ts`, [`${src}/capability.test.ts`])
const select = mutantsOf('vault-node/src/strands/select.ts', ['test/selecting.test.ts'])
const cursor = mutantsOf('vault-node/src/strands/cursor.ts', ['vault-node/src/strands/cursor.test.ts'])
const bringIn = mutantsOf('vault-node/src/strands/bring-in.ts', ['test/stories/stories.test.ts'])

/** What may be asked, of what, for what, and who may do it. */
export const scope: readonly Mutant[] = [
  cover(
    'claim-by-prefix',
    'lets out a claim whose name begins like one that was agreed',
    'item.claims.every((claim) => allowed.includes(claim))',
    'item.claims.every((claim) => allowed.some((one) => claim.startsWith(one)))',
  ),
  cover(
    'strand-by-prefix',
    'lets out a strand whose name begins like one that was agreed',
    'term.strand === item.strand &&',
    'item.strand.startsWith(term.strand) &&',
  ),
  cover('range-ignored', 'reaches further back than was agreed', 'if (from < earliest) {', 'if (to < earliest) {'),
  cover(
    'tags-ignored',
    'lets out entries of other tags than agreed',
    'tagsFit(item, term) && momentsFit(item, term)',
    'momentsFit(item, term)',
  ),
  cover(
    'moments-ignored',
    'lets out entries of other moments than agreed',
    'tagsFit(item, term) && momentsFit(item, term)',
    'tagsFit(item, term)',
  ),
  cover(
    'broader-purpose-taken',
    'answers for a purpose that only begins like the agreed one',
    'term.purpose === query.purpose',
    'query.purpose.startsWith(term.purpose.slice(0, 8))',
  ),
  cover(
    'registered-use-ignored',
    'answers for a use that the registrar has taken away',
    '  requireRegisteredUse(term, requester)\n',
    '',
  ),
  cover('write-term-read', 'answers under a term that only lets entries in', " && term.mode !== 'write'", ''),
  cover(
    'derived-with-entries',
    'derives claims under a term over whole entries',
    'item.claims.every((claim) => !derivedClaim(claim))',
    'item.claims.length > 0',
  ),
  use(
    'category-not-registered',
    'takes a term over a category that is not registered for its purpose',
    'use.purpose === term.purpose && use.categories.includes(term.category)',
    'use.purpose === term.purpose',
  ),
  use(
    'processor-not-registered',
    'takes a term for a processor that is not registered',
    'term.used_by.every((name) => use.used_by.includes(name)) &&',
    '',
  ),
  use(
    'bought-in-not-registered',
    'takes a term that combines with a source that is not registered',
    'term.combine.every((source) => use.bought_in.includes(source))',
    'term.combine.length > 0',
  ),
  moment(
    'wider-moment-taken',
    'takes a pattern that leaves out what the agreed one names',
    'wide.driver === undefined || wide.driver === narrow.driver',
    'wide.driver === undefined || narrow.driver === undefined || wide.driver === narrow.driver',
  ),
  select(
    'about-others-leaks',
    'lets out entries that are about others too',
    "if (entry.about !== 'holder' && !term.about_others) {",
    "if (entry.about === 'others' && !term.about_others) {",
  ),
  select(
    'others-counted',
    'counts what is about others in what it derives',
    "if (entry.about !== 'others' && isAssured",
    'if (isAssured',
  ),
  select(
    'weaker-entry-let-out',
    'lets out entries that nobody vouches for as the term asks',
    'if (!isAssured(entry.assurance, term.min_assurance)) {',
    "if (!isAssured(entry.assurance, 'self')) {",
  ),
  select(
    'range-end-inclusive',
    'lets out an entry at the very end of the range',
    'at < from || at >= to',
    'at < from || at > to',
  ),
  select(
    'whole-entry-for-members',
    'lets out whole entries where members were agreed',
    'filter(([name]) => members.includes(name))',
    'filter(([name]) => name)',
  ),
  cursor('cursor-of-another', "continues another agreement's answer", 'utf8(`\\n${agreement}\\n`)', 'utf8(`\\n\\n`)'),
  capability('ended-key-acts', 'lets a key act whose right was ended', 'if (ended || now >=', 'if (now >='),
  capability(
    'right-one-second-long',
    'lets a key act in the second in which its right ends',
    'now >= parseTime(payload.until)) return false',
    'now > parseTime(payload.until)) return false',
  ),
  capability(
    'right-of-a-dropped-key',
    'lets a key act that was made by a control key since dropped',
    'controlKeys.some((key) => kids.includes(thumbprint(key)))',
    'controlKeys.length > 0',
  ),
  right(
    'reading-key-writes',
    'lets a key that may look bring entries in',
    "'/v1/entries': holder('all'),",
    "'/v1/entries': holder('all', 'read'),",
  ),
  right(
    'card-resumes',
    'lets a card that may only lessen resume',
    "lessening.includes(kind) ? ['all', 'narrow'] : ['all']",
    "lessening.includes(kind) ? ['all', 'narrow'] : ['all', 'narrow']",
  ),
  bringIn('import-adds-twice', 'adds what was brought in before again', 'if (known.has(entry.id)) continue\n', ''),
]
