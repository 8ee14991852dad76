/**
 * Every size, count and time that crosses the wire or decides something, in one place. `scripts/vectors.ts` prints the
 * specification's table from it, so text and code cannot drift.
 *
 * spec: limits
 */
export const limits = {
  /** Payload bytes of a passport record. */
  passportRecordBytes: 4 * 1024,
  /** Payload bytes of any other record of a zone. */
  zoneRecordBytes: 32 * 1024,
  /** Payload bytes of an assertion. */
  assertionBytes: 128 * 1024,
  /** Payload bytes of anything else that is signed, and of a request body. */
  payloadBytes: 64 * 1024,
  /** Bytes of a submitted body that wraps one signed payload in base64url, or a few of them. */
  bodyBytes: 256 * 1024,
  /** Bytes of an answer on the wire; more than this continues with a cursor. */
  answerWireBytes: 256 * 1024,
  /** Bytes that the shortest sealed text is padded to. */
  sealedBytesLeast: 512,
  /** Bytes that the longest sealed text is padded to: an assertion with its signatures. */
  sealedBytes: 144 * 1024,
  /** Nesting of a JSON value. */
  jsonDepth: 32,
  /** Members of one object, or items of one array, in a body. */
  jsonBreadth: 4096,
  /** Signatures listed on one signed record. */
  signatures: 32,
  /** Items in one query. */
  queryItems: 16,
  /** Entries in one answer item. */
  answerEntries: 256,
  /** Terms in one offer. */
  terms: 32,
  /** Entries accepted by one import or write call. */
  entriesPerWrite: 500,
  /** Bytes of the canonical body of one entry. */
  entryBytes: 8 * 1024,
  /** Keys with a right on one passport, those ended and not yet expired among them. */
  capabilities: 64,
  /** Proffers under one cap. */
  proffers: 64,
  /** Answers that one attestation says are deleted. */
  attestedAnswers: 256,
  /** Versions of the root that a client walks. */
  rootVersions: 1024,
  /** Records of one name: a resolution carries them all. */
  records: 256,
  /** Of these, the last that a passport's recovery set alone may write, so that a thief cannot use the numbers up. */
  recordsKeptForRecovery: 16,
  /** Invites of one passport that have not expired. */
  invites: 64,
  /** Characters of an address at which a holder is woken. */
  endpointBytes: 2048,
  /** Addresses at which one holder is woken. */
  pushes: 8,
} as const

/** Seconds, unless the name says otherwise. */
export const times = {
  /** Longest life of a request signature: `expires - created`. */
  signatureLife: 60,
  /** Clock skew allowed in a request signature. */
  signatureSkew: 5,
  /** The newest head of a log that stands still is cosigned again after this long. */
  recosign: 15,
  /** Clock skew allowed between nodes. */
  nodeSkew: 300,
  /** How long the stored answer is given again for the same `from`, `id` and body. */
  repeatAnswer: 300,
  /** Longest life of an assertion: `exp - iat`. */
  assertionLife: 300,
  /** Longest life of a lease under which an answer leaves. */
  lease: 2,
  /** A requester with two leases older than this, in milliseconds, gets 429 until they end. */
  slowLeaseMilliseconds: 100,
  /** Uniform 404s are released at the next multiple of this many milliseconds after arrival. */
  uniformSlotMilliseconds: 20,
  /** A head or a registry's statement younger than this is fresh; a vault deciding on an older one refuses. */
  fresh: 600,
  /** Resolving goes on, saying `stale`, until a head is this old. */
  stale: 86_400,
  /** A vault fetches a requester's record again after this long. */
  requesterRefetch: 60,
  ttlLeast: 60,
  ttlMost: 86_400,
  ttlDefault: 3_600,
  negativeTtlLeast: 60,
  negativeTtlMost: 300,
  /** Failures are cached for this long at first, doubling to `failureMost`. */
  failureLeast: 5,
  failureMost: 300,
  /** A refusal is remembered at least this long. */
  refusalRemembered: 180 * 86_400,
  /** `control.as_of` older than this suspends. */
  controlStale: 92 * 86_400,
  /** An expired root stops resolving after this long. */
  rootGrace: 90 * 86_400,
  /** A root expires at most this long after its date. */
  rootLife: 3 * 366 * 86_400,
  /** The longest that one walk along the versions of the root takes; the next goes on from there. */
  rootWalk: 30,
  /** A notice to a silent house takes this long to sign at most: from its date until it is admitted. */
  noticeSigned: 7 * 86_400,
  /** A house may be given announced keys by the three others this long after the date of the notice: 90 days in public. */
  houseSilent: 97 * 86_400,
  /** Recovery may void a control-key act for this long. */
  recoveryVoids: 14 * 86_400,
  /** A change of the recovery set settles after this long. */
  recoverySettles: 30 * 86_400,
  /** From the end of a passport until its tombstone, after which its records are erased. */
  erasure: 14 * 86_400,
  /** From the tombstone until records are erased where they are kept: nobody relies on a head as old. */
  erasureFollows: 86_400,
  /** The longest that an invite is open. */
  inviteMost: 366 * 86_400,
  /** A grant over a special category settles for this long, when its holder asks for it. */
  grantSettles: 86_400,
  /** A notice is sent again for this long. */
  noticeKept: 7 * 86_400,
  /** From a failed delivery of a notice until the next, doubling to `noticeRetryMost`. */
  noticeRetryLeast: 2,
  noticeRetryMost: 3_600,
  /** How long a push service keeps an empty push. */
  pushKept: 86_400,
  /** The longest that a holder's call waits for the next notice. */
  noticeWait: 8,
} as const
