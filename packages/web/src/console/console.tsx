import { readSigned } from '@dcann/protocol/signed'
import { rootNoun } from '@dcann/protocol/root'
import { ProtocolError } from '@dcann/protocol/errors'
import { useEffect, useState } from 'preact/hooks'
import { useSay } from '../language/say.ts'
import { lazily } from '../page/lazily.tsx'
import { useLoaded } from '../page/loaded.ts'
import { Frame } from '../page/frame.tsx'
import { plain, quoted } from '../page/outside-text.ts'
import { useRoute } from '../page/route.ts'
import { Busy, Fault } from '../page/states.tsx'
import { AgreementsView } from './agreements-view.tsx'
import { callWith, type ConsolePlace, readConsolePlace, requesterAnswer } from './call.ts'
import type { Desk } from './desk.ts'
import { asError, ProblemView } from './problem-view.tsx'
import { QueryView } from './query-view.tsx'
import { SentView } from './sent-view.tsx'
import { forgetToken, keepToken, keptToken, TokenView } from './token-view.tsx'

const OfferView = lazily(async () => (await import('./offer-view.tsx')).OfferView)
const AgreementView = lazily(async () => (await import('./agreement-view.tsx')).AgreementView)
const ProffersView = lazily(async () => (await import('./proffers-view.tsx')).ProffersView)
const ReceiptsView = lazily(async () => (await import('./receipts-view.tsx')).ReceiptsView)
const EvidenceView = lazily(async () => (await import('./evidence-view.tsx')).EvidenceView)

const rooms = ['agreements', 'offer', 'sent', 'proffers', 'query', 'evidence', 'receipts'] as const
type Room = (typeof rooms)[number]

/** The whole console: the token, and behind it the rooms. */
export function Console() {
  const say = useSay()
  const route = useRoute()
  const [token, setToken] = useState(keptToken)
  const place = useLoaded(readConsolePlace, [])
  const [named = '', rest = ''] = route.split('/')
  const room: Room = rooms.find((one) => one === named) ?? 'agreements'
  useEffect(() => {
    document.title = `${say(`console.nav.${room}`)} · ${say('console.title')}`
    scrollTo(0, 0)
  }, [room, say])
  const links = rooms.map((one) => ({ href: `#${one}`, text: say(`console.nav.${one}`), current: one === room }))
  return (
    <Frame title={say('console.title')} links={token === undefined ? [] : links}>
      {place.is === 'coming' ? (
        <Busy text={say('console.opening')} />
      ) : place.is === 'failed' ? (
        <Fault error={place.why} again={place.again} />
      ) : token === undefined ? (
        <TokenView place={place.value} take={(typed) => (keepToken(typed), setToken(typed))} />
      ) : (
        <Opened
          place={place.value}
          token={token}
          room={room}
          rest={rest}
          leave={() => (forgetToken(), setToken(undefined))}
        />
      )}
    </Frame>
  )
}

type OpenedProps = {
  readonly place: ConsolePlace
  readonly token: string
  readonly room: Room
  readonly rest: string
  readonly leave: () => void
}

function Opened({ place, token, room, rest, leave }: OpenedProps) {
  const say = useSay()
  const [call] = useState(() => callWith(token))
  const speaking = useLoaded(async () => await call.get('/v1/requester', requesterAnswer), [call])
  if (speaking.is === 'coming') return <Busy text={say('console.opening')} />
  if (speaking.is === 'failed') {
    if (speaking.why instanceof ProtocolError && speaking.why.code === 'token-required')
      return <TokenView place={place} wrong take={(typed) => (keepToken(typed), location.reload())} />
    return <ProblemView error={speaking.why} again={speaking.again} />
  }
  const { record } = speaking.value
  const at = { origin: location.origin, tokenFile: place.token_file }
  const pin = pinOf(place)
  if (pin instanceof Error) return <Fault error={pin} />
  const own = { name: record.name, registries: place.registries }
  const desk: Desk = { call, place, speaking: speaking.value, at, pin, own }
  return (
    <>
      <div class="speaking">
        <span>{say('console.as', { who: quoted(record.legal_name, 120) })}</span> <code>{plain(record.name, 120)}</code>
        <button type="button" class="quiet" onClick={leave}>
          {say('console.leave')}
        </button>
      </div>
      {room === 'agreements' && rest === '' && <AgreementsView desk={desk} />}
      {room === 'agreements' && rest !== '' && <AgreementView key={rest} desk={desk} agreement={rest} />}
      {room === 'offer' && <OfferView desk={desk} />}
      {room === 'sent' && <SentView desk={desk} offer={rest} />}
      {room === 'proffers' && <ProffersView desk={desk} />}
      {room === 'receipts' && <ReceiptsView key={rest} desk={desk} agreement={rest} />}
      {room === 'query' && <QueryView key={rest} desk={desk} agreement={rest} />}
      {room === 'evidence' && <EvidenceView key={rest} desk={desk} first={rest} />}
    </>
  )
}

function pinOf({ root }: ConsolePlace): string | Error {
  try {
    return readSigned(rootNoun, root).id
  } catch (error) {
    return asError(error)
  }
}
