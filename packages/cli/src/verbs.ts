import type { Command } from './command.ts'

/** A verb as the overview shows it, and where its command is. */
export type Verb = { readonly says: string; readonly load: () => Promise<Command> }

/** Every verb; the module behind one is loaded when it is used. */
export const verbs: ReadonlyMap<string, Verb> = new Map([
  ['setup', { says: 'pin a root and name registries', load: async () => (await import('./commands/setup.ts')).setup }],
  [
    'resolve',
    {
      says: 'where a passport lives, and who is behind a name',
      load: async () => (await import('./commands/resolve.ts')).resolve,
    },
  ],
  [
    'trust',
    {
      says: 'whether somebody may do something, by proved records',
      load: async () => (await import('./commands/trust.ts')).trust,
    },
  ],
  [
    'passport create',
    { says: 'make your passport and its wallet', load: async () => (await import('./commands/passport.ts')).create },
  ],
  [
    'passport show',
    {
      says: 'show your passport and what lies in its vault',
      load: async () => (await import('./commands/passport.ts')).show,
    },
  ],
  [
    'passport protect',
    {
      says: 'make the sheet, or name the people, by which you get it back',
      load: async () => (await import('./commands/passport-recovery.ts')).protect,
    },
  ],
  [
    'passport recover',
    {
      says: 'get your passport back when its keys are lost or stolen',
      load: async () => (await import('./commands/passport-recovery.ts')).recover,
    },
  ],
  [
    'passport rotate',
    {
      says: 'change the key that controls your passport',
      load: async () => (await import('./commands/passport-keys.ts')).rotate,
    },
  ],
  [
    'passport end',
    { says: 'end your passport for good', load: async () => (await import('./commands/passport-keys.ts')).end },
  ],
  [
    'import',
    {
      says: 'bring an export of yours into your vault',
      load: async () => (await import('./commands/import.ts')).bringIn,
    },
  ],
  ['strands list', { says: 'what lies in your vault', load: async () => (await import('./commands/strands.ts')).list }],
  [
    'strands show',
    { says: 'one strand and its newest entries', load: async () => (await import('./commands/strands.ts')).show },
  ],
  ['strands make', { says: 'make an empty strand', load: async () => (await import('./commands/strands.ts')).make }],
  [
    'asks',
    {
      says: 'what waits for your decision, or one ask in plain words',
      load: async () => (await import('./commands/asks.ts')).asks,
    },
  ],
  [
    'agree',
    { says: 'say yes to an ask, or to a part of it', load: async () => (await import('./commands/agree.ts')).agree },
  ],
  [
    'refuse',
    {
      says: 'say no to an ask, or to a whole purpose in advance',
      load: async () => (await import('./commands/refuse.ts')).refuse,
    },
  ],
  [
    'refusals',
    { says: 'what you do not want to be asked', load: async () => (await import('./commands/refuse.ts')).refusals },
  ],
  [
    'refusals lift',
    { says: 'let yourself be asked again', load: async () => (await import('./commands/refuse.ts')).lift },
  ],
  [
    'agreements',
    {
      says: 'what you agreed to, and how it stands',
      load: async () => (await import('./commands/agreements.ts')).agreements,
    },
  ],
  [
    'agreements undo',
    {
      says: 'take back what has not settled, unseen',
      load: async () => (await import('./commands/settling.ts')).undo,
    },
  ],
  [
    'agreements bring',
    {
      says: 'bring one to whoever asked by a link',
      load: async () => (await import('./commands/settling.ts')).bring,
    },
  ],
  [
    'agreements reissue',
    {
      says: 'a new handle for an agreement whose handle leaked',
      load: async () => (await import('./commands/regrant.ts')).reissue,
    },
  ],
  [
    'agreements regrant',
    {
      says: 'grant anew, as after a takeover; or ring-fenced',
      load: async () => (await import('./commands/regrant.ts')).regrant,
    },
  ],
  [
    'proffer make',
    {
      says: 'speak first: say what you would let out, to whom, for what',
      load: async () => (await import('./commands/proffer.ts')).make,
    },
  ],
  [
    'proffer list',
    {
      says: 'what you proffered, and what became of it',
      load: async () => (await import('./commands/proffer.ts')).list,
    },
  ],
  [
    'proffer withdraw',
    {
      says: 'take back what nobody has accepted',
      load: async () => (await import('./commands/proffer.ts')).withdraw,
    },
  ],
  [
    'revoke',
    { says: 'take an agreement back, at once', load: async () => (await import('./commands/revoke.ts')).revoke },
  ],
  [
    'pause',
    { says: 'hold an agreement until you resume it', load: async () => (await import('./commands/pause.ts')).pause },
  ],
  ['resume', { says: 'let it go on', load: async () => (await import('./commands/pause.ts')).resume }],
  [
    'invite make',
    {
      says: 'let somebody ask you once, without knowing who you are',
      load: async () => (await import('./commands/invite.ts')).make,
    },
  ],
  ['invite list', { says: 'invites you gave out', load: async () => (await import('./commands/invite.ts')).list }],
  ['invite withdraw', { says: 'take one back', load: async () => (await import('./commands/invite.ts')).withdraw }],
  [
    'card make',
    {
      says: 'print a card that can stop, and nothing else',
      load: async () => (await import('./commands/card.ts')).make,
    },
  ],
  ['card list', { says: 'your stop cards', load: async () => (await import('./commands/card.ts')).list }],
  ['card end', { says: 'end a card', load: async () => (await import('./commands/card.ts')).end }],
  [
    'stop',
    {
      says: 'with a card alone, on any machine: stop everything',
      load: async () => (await import('./commands/stop.ts')).stop,
    },
  ],
  ['device add', { says: 'give another key a right', load: async () => (await import('./commands/device.ts')).add }],
  ['device list', { says: 'keys that have a right', load: async () => (await import('./commands/device.ts')).list }],
  ['device end', { says: 'end what a key may', load: async () => (await import('./commands/device.ts')).end }],
  [
    'notices',
    {
      says: 'what you should hear of soon, as it comes',
      load: async () => (await import('./commands/notices.ts')).notices,
    },
  ],
  [
    'notices push',
    { says: 'be woken at an address for it', load: async () => (await import('./commands/push.ts')).add },
  ],
  ['notices pushes', { says: 'where you are woken', load: async () => (await import('./commands/push.ts')).list }],
  ['notices unpush', { says: 'be woken there no more', load: async () => (await import('./commands/push.ts')).end }],
  [
    'trail',
    {
      says: 'who asked for what, and what became of it',
      load: async () => (await import('./commands/trail.ts')).trail,
    },
  ],
  [
    'ask',
    { says: 'as a requester: make an offer, or deliver it', load: async () => (await import('./commands/ask.ts')).ask },
  ],
  [
    'accept',
    {
      says: 'as a requester: see what somebody proffers, and accept it',
      load: async () => (await import('./commands/accept.ts')).accept,
    },
  ],
  [
    'query',
    { says: 'as a requester: ask under an agreement', load: async () => (await import('./commands/query.ts')).query },
  ],
  [
    'verify',
    { says: 'prove an evidence package, offline', load: async () => (await import('./commands/verify.ts')).verify },
  ],
  [
    'gateway',
    {
      says: 'as a requester: run the sidecar that asks in plain JSON',
      load: async () => (await import('./commands/serve.ts')).gateway,
    },
  ],
  ['key make', { says: 'make a key in a file', load: async () => (await import('./commands/key.ts')).make }],
  ['key show', { says: 'its public half', load: async () => (await import('./commands/key.ts')).show }],
  ['key digest', { says: 'what announces it', load: async () => (await import('./commands/key.ts')).digest }],
  ['key pem', { says: 'the key as other programs read it', load: async () => (await import('./commands/key.ts')).pem }],
  ['root draft', { says: 'draft a version of the root', load: async () => (await import('./commands/root.ts')).draft }],
  [
    'root ceremony',
    {
      says: 'sign it together, on machines of your own',
      load: async () => (await import('./commands/ceremony.ts')).ceremony,
    },
  ],
  [
    'country draft',
    { says: "draft a country's delegation", load: async () => (await import('./commands/country.ts')).draft },
  ],
  [
    'wallet check',
    {
      says: 'whether a server gives the wallet that was adopted',
      load: async () => (await import('./commands/wallet.ts')).check,
    },
  ],
  [
    'policy draft',
    {
      says: 'draft a text that the houses or a country adopt',
      load: async () => (await import('./commands/policy.ts')).draft,
    },
  ],
  [
    'operator draft',
    { says: "draft an operator's accreditation", load: async () => (await import('./commands/operator.ts')).draft },
  ],
  ['node draft', { says: "draft a vault node's record", load: async () => (await import('./commands/node.ts')).draft }],
  [
    'requester draft',
    { says: "draft a requester's record", load: async () => (await import('./commands/requester.ts')).draft },
  ],
  [
    'sign',
    { says: 'add a signature to a record in a file', load: async () => (await import('./commands/sign.ts')).sign },
  ],
  [
    'check',
    { says: 'who signed it, and who is missing', load: async () => (await import('./commands/check.ts')).check },
  ],
  ['submit', { says: 'send it to its registry', load: async () => (await import('./commands/submit.ts')).submit }],
  ['registry serve', { says: 'run a registry', load: async () => (await import('./commands/serve.ts')).serveRegistry }],
  [
    'witness serve',
    {
      says: 'replay zones of others and cosign their heads',
      load: async () => (await import('./commands/serve.ts')).serveWitness,
    },
  ],
  [
    'mirror serve',
    {
      says: 'replay zones of others and resolve from them',
      load: async () => (await import('./commands/serve.ts')).serveMirror,
    },
  ],
  ['vault serve', { says: 'run a vault node', load: async () => (await import('./commands/serve.ts')).serveVault }],
  [
    'store copy',
    {
      says: 'copy the store of a stopped node into a database, or back',
      load: async () => (await import('./commands/store.ts')).copy,
    },
  ],
  [
    'store renew',
    {
      says: 'give the store of a stopped node new keys, so that backups lose what was erased',
      load: async () => (await import('./commands/store.ts')).renew,
    },
  ],
  [
    'monitor',
    {
      says: 'watch a passport or whole zones, and say what is wrong',
      load: async () => (await import('./commands/monitor.ts')).monitor,
    },
  ],
  [
    'verify-log',
    {
      says: "make a zone's state again from its log",
      load: async () => (await import('./commands/verify-log.ts')).verifyLog,
    },
  ],
  ['fsck', { says: 'check the store of a stopped node', load: async () => (await import('./commands/fsck.ts')).fsck }],
])
