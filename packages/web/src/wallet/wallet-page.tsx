import { ProtocolError } from '@dcann/protocol/errors'
import { createResolver } from '@dcann/sdk/resolver'
import { useCallback, useEffect, useState } from 'preact/hooks'
import { useSay } from '../language/say.ts'
import { AnotherPin } from '../page/another-pin.tsx'
import { Frame } from '../page/frame.tsx'
import { openKept } from '../page/kept.ts'
import { pinAnew, readPlace } from '../page/place.ts'
import { lazily } from '../page/lazily.tsx'
import { useRoute } from '../page/route.ts'
import { Busy, Fault } from '../page/states.tsx'
import { worldOf } from '../page/world.ts'
import { type Ground, type Holder, isPassing, openHolder } from './holder.ts'
import { HomeView } from './home-view.tsx'
import { isGuardToBeAsked, isKitChecked } from './passport.ts'
import { openStrongbox } from './strongbox.ts'

const AgreementsView = lazily(async () => (await import('./agreements-view.tsx')).AgreementsView)
const AgreementView = lazily(async () => (await import('./agreements-view.tsx')).AgreementView)
const AskView = lazily(async () => (await import('./ask-view.tsx')).AskView)
const BringView = lazily(async () => (await import('./bring-view.tsx')).BringView)
const CardView = lazily(async () => (await import('./card-view.tsx')).CardView)
const GuardView = lazily(async () => (await import('./guard-view.tsx')).GuardView)
const KitView = lazily(async () => (await import('./kit-view.tsx')).KitView)
const MakeView = lazily(async () => (await import('./make-view.tsx')).MakeView)
const StopView = lazily(async () => (await import('./stop-view.tsx')).StopView)
const TrailView = lazily(async () => (await import('./trail-view.tsx')).TrailView)

type Opened = {
  readonly ground: Ground
  readonly holder: Holder | undefined
  readonly kit: boolean
  readonly guard: boolean
}

/** Whether this page was opened by somebody's link: then what stands behind `#` is an ask, and no place in the wallet. */
function isAsk(): boolean {
  return location.pathname === '/ask'
}

/** The whole wallet. */
export function WalletPage() {
  const say = useSay()
  const route = useRoute()
  const [opened, setOpened] = useState<Opened | Error>()
  const look = useCallback(() => {
    void open().then(setOpened, (error: unknown) =>
      setOpened(error instanceof Error ? error : new Error(String(error))),
    )
  }, [])
  useEffect(look, [])
  useEffect(() => {
    document.title = say('wallet.title')
    if (!isAsk()) scrollTo(0, 0)
  }, [route, say])
  const there = opened instanceof Error ? undefined : opened?.holder
  const links = [
    { at: '', text: say('wallet.nav.home') },
    { at: 'agreements', text: say('wallet.nav.agreements') },
    { at: 'trail', text: say('wallet.nav.trail') },
  ].map(({ at, text }) => ({
    href: at === '' ? '/#' : `/#${at}`,
    text,
    current: !isAsk() && (route === at || (at !== '' && route.startsWith(at))),
  }))
  return (
    <Frame title={say('wallet.title')} links={there === undefined ? [] : links} home="/#">
      {opened === undefined ? (
        <Busy text={say('frame.opening')} />
      ) : opened instanceof Error ? (
        <Fault error={opened} again={() => location.reload()} />
      ) : opened.ground.place.before !== undefined ? (
        <AnotherPin place={opened.ground.place} take={() => void beginAnew(opened.ground)} forgets />
      ) : (
        <Inside {...opened} route={route} look={look} />
      )}
    </Frame>
  )
}

type InsideProps = Opened & { readonly route: string; readonly look: () => void }

function Inside({ ground, holder, kit, guard, route, look }: InsideProps) {
  const say = useSay()
  if (!isAsk() && route === 'stop') return <StopView ground={ground} />
  if (holder === undefined) return <MakeView ground={ground} made={look} asked={isAsk()} />
  if (!kit) return <KitView holder={holder} checked={look} />
  if (guard) return <GuardView holder={holder} changed={look} />
  if (isAsk()) return <AskView key={route} holder={holder} link={route} />
  if (route === 'bring') return <BringView holder={holder} />
  if (route === 'guard') return <GuardView key={String(holder.box.isGuarded)} holder={holder} changed={look} />
  if (route === 'card') return <CardView holder={holder} />
  if (route === 'trail') return <TrailView holder={holder} />
  if (route === 'agreements') return <AgreementsView holder={holder} />
  const [, agreement] = /^agreements\/([\w-]{43})$/.exec(route) ?? []
  if (agreement !== undefined) return <AgreementView key={agreement} holder={holder} agreement={agreement} />
  const [, ask] = /^ask\/([\w-]{43})$/.exec(route) ?? []
  if (ask !== undefined) return <AskView key={ask} holder={holder} delivered={ask} />
  if (route === '') return <HomeView holder={holder} />
  return (
    <section class="note">
      <h1>{say('wallet.nowhere')}</h1>
      <p>
        <a href="/#">{say('wallet.nav.home')}</a>
      </p>
    </section>
  )
}

async function open(): Promise<Opened> {
  const kept = await openKept('dcann-wallet')
  const place = await readPlace(kept)
  const world = worldOf(kept)
  const bare: Ground = { kept, place, world, resolver: undefined }
  if (place.before !== undefined) return { ground: bare, holder: undefined, kit: false, guard: false }
  const { pinned, registries } = place
  const resolver = await createResolver({ world, pinned, registries }).catch((error: unknown) => {
    if (error instanceof ProtocolError && isPassing(error)) return undefined
    throw error
  })
  const ground = { ...bare, resolver }
  const box = await openStrongbox(kept)
  const holder = box && (await openHolder(ground, box))
  const kit = await isKitChecked(ground)
  return { ground, holder, kit, guard: holder !== undefined && kit && (await isGuardToBeAsked(ground, holder.box)) }
}

/** Another root is another world: nothing of the one before means anything in it. */
async function beginAnew({ kept, place }: Ground): Promise<void> {
  await kept.clear()
  await pinAnew(kept, place.pin)
  location.reload()
}
