import { sha256, utf8 } from '@dcann/protocol/bytes'
import { readRecoveryKit, writeRecoveryKit } from '@dcann/sdk/recovery-kit'
import { readAsk, writeAsk } from '@dcann/sdk/requester'
import { readCard, writeCard } from '@dcann/sdk/stop-card'
import { hold, seedsOf, type Target, textIn } from '../target.ts'

const secret = sha256(utf8('fuzz/secret'))
const ask = { requester: 'EE/requester/insurer', offer: 'A'.repeat(43), return: 'https://insurer.example/back' }
const link = writeAsk(ask)

/** The last part of a link, which anybody can write. */
export const askLink: Target = {
  name: 'ask-link',
  form: 'bytes',
  words: ['ask#', 'https://wallet.example/', '#'],
  seeds: seedsOf(link, `https://wallet.example/${link}`, link.slice(3)),
  run(input) {
    const text = textIn(input)
    const read = readAsk(text)
    hold(text.endsWith(writeAsk(read).slice(3)), 'an ask is not written as it was read')
  },
}

/** The same from inside: members of the ask change, and the link is made of them again. */
export const askMembers: Target = {
  name: 'ask-members',
  form: 'json',
  words: ['http://127.0.0.1/', 'http://[::1]/', 'javascript:x', 'https://a@b/', 'https://', 'http://x', 'https://é/'],
  seeds: seedsOf(JSON.stringify(ask)),
  run(input) {
    const text = `ask#${Buffer.from(input).toString('base64url')}`
    hold(writeAsk(readAsk(text)) === text, 'an ask is not written as it was read')
  },
}

export const recoveryKit: Target = {
  name: 'recovery-kit',
  form: 'bytes',
  seeds: seedsOf(writeRecoveryKit(secret), writeRecoveryKit(sha256(secret)).toLowerCase().replaceAll('-', ' ')),
  run(input) {
    const read = readRecoveryKit(textIn(input))
    const again = readRecoveryKit(writeRecoveryKit(read))
    hold(read.length === 32 && Buffer.compare(read, again) === 0, 'a kit does not come back')
  },
}

export const stopCard: Target = {
  name: 'stop-card',
  form: 'bytes',
  words: ['EE/node/', ' '],
  seeds: seedsOf(
    writeCard({ node: 'EE/node/tallinn', secret: secret.slice(0, 16) }),
    writeCard({ node: undefined, secret: secret.slice(16) }).toLowerCase(),
  ),
  run(input) {
    const read = readCard(textIn(input))
    const again = readCard(writeCard(read))
    hold(read.node === again.node && Buffer.compare(read.secret, again.secret) === 0, 'a card does not come back')
  },
}
