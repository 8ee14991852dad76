import { verifyEvidence, type VerifiedEvidence } from '@dcann/sdk/verify-evidence'
import { useEffect, useState } from 'preact/hooks'
import { ProtocolError } from '@dcann/protocol/errors'
import { momentOf } from '../language/numbers.ts'
import { useLanguage, useSay } from '../language/say.ts'
import { plain } from '../page/outside-text.ts'
import { Busy, Code, Outside } from '../page/states.tsx'
import { evidenceAnswer, type KeptEvidence } from './call.ts'
import { curlOf } from './code.ts'
import { CodeView } from './code-view.tsx'
import type { Desk } from './desk.ts'
import { usePages } from './pages.ts'
import { PagesView } from './pages-view.tsx'
import { asError } from './problem-view.tsx'
import { RefusalView } from './refusal-view.tsx'
import { evidenceInCode } from './sdk-code.ts'

/** What is kept, newest first; each proved in this page, from the pinned root alone, and downloaded as it was proved. */
export function EvidenceView({ desk, first }: { readonly desk: Desk; readonly first: string }) {
  const say = useSay()
  const pages = usePages<KeptEvidence>(
    async (after) => {
      const { evidence, next } = await desk.call.get(`/v1/evidence?limit=64${after}`, evidenceAnswer)
      return { items: evidence, next }
    },
    [desk.call],
  )
  return (
    <>
      <h1>{say('console.nav.evidence')}</h1>
      <p>{say('console.evidence.lead')}</p>
      <dl>
        <dt>{say('console.evidence.root')}</dt>
        <dd>
          <Code text={desk.pin} />
        </dd>
      </dl>
      <PagesView
        pages={{ ...pages, items: firstOf(pages.items, first) }}
        idOf={({ evidence }) => evidence}
        none={<p>{say('console.evidence.none')}</p>}
        show={(one) => <Kept desk={desk} one={one} open={one.evidence === first} />}
      />
    </>
  )
}

/** The one that was asked for before the others. */
function firstOf(all: readonly KeptEvidence[], first: string): readonly KeptEvidence[] {
  return all.toSorted((a, b) => Number(b.evidence === first) - Number(a.evidence === first))
}

type Proved = 'no' | 'yes' | Error | VerifiedEvidence

function Kept({ desk, one, open }: { desk: Desk; one: KeptEvidence; open: boolean }) {
  const say = useSay()
  const language = useLanguage()
  const [proved, setProved] = useState<Proved>('no')
  const path = `/v1/evidence/${one.evidence}`
  const isPackage = one.kind === 'answer' && one.deleted === undefined
  const prove = (): void => {
    setProved('yes')
    desk.call
      .bytes(path)
      .then(async (bytes) => await verifyEvidence(bytes, desk.place.root, Date.now() / 1000 + 60))
      .then(setProved, (error: unknown) => setProved(asError(error)))
  }
  useEffect(() => {
    if (open && isPackage) prove()
  }, [])
  return (
    <article>
      <h2>
        {one.kind === 'answer' ? say('console.evidence.answer') : say('console.evidence.refusal')}{' '}
        {one.code !== undefined && <code>{plain(one.code, 40)}</code>}{' '}
        <span class="faint">{momentOf(one.at, language)}</span>
      </h2>
      <dl>
        <dt>{say('console.agreement.id')}</dt>
        <dd>
          <Code text={one.agreement} />
        </dd>
        <dt>{say('console.evidence.id')}</dt>
        <dd>
          <Code text={one.evidence} />
        </dd>
        <dt>{say('console.agreement.vault')}</dt>
        <dd>
          <code>{plain(one.node, 120)}</code>
        </dd>
      </dl>
      {one.deleted && <p>{say('console.evidence.deleted', { when: momentOf(one.deleted.at, language) })}</p>}
      {one.kind === 'refusal' && <RefusalView desk={desk} path={path} />}
      {proved === 'yes' && <Busy text={say('console.evidence.proving')} />}
      {proved instanceof Error && <Broken error={proved} />}
      {typeof proved === 'object' && !(proved instanceof Error) && <Links proved={proved} />}
      <div class="row">
        {isPackage && (
          <button type="button" onClick={prove} disabled={proved === 'yes'}>
            {say('console.evidence.prove')}
          </button>
        )}
        <button type="button" class="secondary" onClick={() => void download(desk, path, one.evidence)}>
          {say('console.evidence.download')}
        </button>
      </div>
      <CodeView
        code={{
          curl: isPackage
            ? `${curlOf(desk.at, path)} > evidence.json\ndcann verify evidence.json --root root.json`
            : curlOf(desk.at, path),
          typescript: evidenceInCode(desk.pin),
        }}
      />
    </article>
  )
}

function Links({ proved: { verdict, links, unvouched } }: { readonly proved: VerifiedEvidence }) {
  const say = useSay()
  return (
    <section class={verdict === 'verified' ? 'note good' : 'note warn'} role="status">
      <h3>{say(`console.evidence.${verdict}`, { n: links.length })}</h3>
      {unvouched.length > 0 && (
        <p>{say('console.evidence.unvouched', { links: unvouched.map((link) => plain(link, 60)).join(', ') })}</p>
      )}
      <ul class="rows">
        {links.map(({ link, says }) => (
          <li key={link} lang="en">
            <span>
              <span aria-hidden="true">✓</span> <Outside text={link} most={60} />
            </span>
            <span class="faint">{plain(says, 200)}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** The first link that does not hold, by its name. */
function Broken({ error }: { readonly error: Error }) {
  const say = useSay()
  const link = error instanceof ProtocolError ? error.facts['link'] : undefined
  return (
    <section class="note bad" role="alert">
      <h3>{say('console.evidence.broken', { link: typeof link === 'string' ? plain(link, 60) : '?' })}</h3>
      <p lang="en">{plain(error.message, 600)}</p>
    </section>
  )
}

async function download({ call }: Desk, path: string, id: string): Promise<void> {
  const url = URL.createObjectURL(new Blob([(await call.bytes(path)).slice()], { type: 'application/json' }))
  const link = document.createElement('a')
  link.href = url
  link.download = `evidence-${id.slice(0, 12)}.json`
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
