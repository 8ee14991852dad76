import type { Door, DoorEnv } from '@dcann/http/door'
import { inviteCall, invitesCall, inviteWithdrawCall } from '@dcann/protocol/vault-api'
import type { Hono } from 'hono'
import { type CallDesk, spending, spendNonce } from '../calls.ts'
import { type InviteDesk, listInvites, makeInvite, withdrawInvite } from './make.ts'

/** Invites that a holder gives out. */
export function inviteRoutes(app: Hono<DoorEnv>, door: Door, desk: CallDesk & InviteDesk): void {
  app.post('/v1/invites', async (c) => {
    const { body, from, claims, now } = await door.authenticated(c, inviteCall, desk.holderKeys(c.req.path))
    const { id: _, from: __, invite, ...terms } = body
    return c.json(await spending(claims, (spent) => makeInvite(desk, from, invite, terms, spent, now)), 201)
  })

  app.post('/v1/invites/list', async (c) => {
    const { from, claims, now } = await door.authenticated(c, invitesCall, desk.holderKeys(c.req.path))
    await spendNonce(desk, claims)
    return c.json({ invites: await listInvites(desk, from, now) })
  })

  app.post('/v1/invites/withdraw', async (c) => {
    const { body, from, claims, now } = await door.authenticated(c, inviteWithdrawCall, desk.holderKeys(c.req.path))
    return c.json(await spending(claims, (spent) => withdrawInvite(desk, from, body.invite, spent, now)))
  })
}
