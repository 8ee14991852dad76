import { ProtocolError } from '@dcann/protocol/errors'
import { createResolver, type Resolver } from '@dcann/sdk/resolver'
import { useEffect, useState } from 'preact/hooks'
import { useSay } from '../language/say.ts'
import { AnotherPin } from '../page/another-pin.tsx'
import { Frame } from '../page/frame.tsx'
import { openKept, type Kept } from '../page/kept.ts'
import { pinAnew, type Place, readPlace } from '../page/place.ts'
import { useRoute } from '../page/route.ts'
import { worldOf } from '../page/world.ts'
import { Busy, Fault } from '../page/states.tsx'
import { CountriesView } from './countries-view.tsx'
import { CountryView } from './country-view.tsx'
import { NameView, PassportView } from './chain-view.tsx'
import { readAsked } from './read-asked.ts'
import { StartView } from './start-view.tsx'

type Opened = { readonly kept: Kept; readonly place: Place; readonly resolver: Resolver | undefined }

/** The whole explorer: what stands behind `#` is what is looked at. */
export function Explorer() {
  const say = useSay()
  const route = useRoute()
  const [opened, setOpened] = useState<Opened | Error>()
  useEffect(() => {
    void open().then(setOpened, (error: unknown) =>
      setOpened(error instanceof Error ? error : new Error(String(error))),
    )
  }, [])
  useEffect(() => {
    document.title = route === '' ? say('explorer.title') : `${route} · ${say('explorer.title')}`
    scrollTo(0, 0)
  }, [route, say])
  return (
    <Frame
      title={say('explorer.title')}
      links={[
        { href: '#', text: say('explorer.nav.search'), current: route === '' },
        { href: '#countries', text: say('explorer.nav.countries'), current: route === 'countries' },
      ]}
    >
      {opened === undefined ? (
        <Busy text={say('explorer.opening')} />
      ) : opened instanceof Error ? (
        <Fault error={opened} again={() => location.reload()} />
      ) : opened.resolver === undefined ? (
        <AnotherPin
          place={opened.place}
          take={() => void pinAnew(opened.kept, opened.place.pin).then(() => location.reload())}
        />
      ) : (
        <Looking route={route} place={opened.place} resolver={opened.resolver} />
      )}
    </Frame>
  )
}

function Looking({ route, place, resolver }: { route: string; place: Place; resolver: Resolver }) {
  if (route === '') return <StartView place={place} resolver={resolver} />
  if (route === 'countries') return <CountriesView place={place} resolver={resolver} />
  try {
    const asked = readAsked(route)
    if (asked.is === 'passport') return <PassportView key={asked.identifier} resolver={resolver} {...asked} />
    if (asked.of === 'country') return <CountryView key={asked.name} resolver={resolver} name={asked.name} />
    return <NameView key={asked.name} resolver={resolver} of={asked.of} name={asked.name} />
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return <StartView place={place} resolver={resolver} typed={route} />
  }
}

async function open(): Promise<Opened> {
  const kept = await openKept('dcann-explorer')
  const place = await readPlace(kept)
  if (place.before !== undefined) return { kept, place, resolver: undefined }
  const { pinned, registries } = place
  return { kept, place, resolver: await createResolver({ world: worldOf(kept), pinned, registries }) }
}
