import { useRef, useState } from 'preact/hooks'
import { useSay } from '../language/say.ts'
import { plain } from '../page/outside-text.ts'
import { Fault } from '../page/states.tsx'
import type { BroughtIn } from './bring-in.ts'
import type { Holder } from './holder.ts'
import { strandTitle } from './words.ts'

/** The place to drop a file on, and what came of the last one. */
export function Bring({ holder, done }: { readonly holder: Holder; readonly done?: () => void }) {
  const say = useSay()
  const input = useRef<HTMLInputElement>(null)
  const [so, setSo] = useState<BroughtIn>()
  const [why, setWhy] = useState<Error>()
  const [busy, setBusy] = useState(false)
  const take = (file: File | undefined): void => {
    if (file === undefined || busy) return
    setBusy(true)
    setWhy(undefined)
    setSo(undefined)
    const read = async (): Promise<void> => {
      try {
        const { bringIn } = await import('./bring-in.ts')
        await bringIn(holder, file, setSo)
        done?.()
      } catch (error) {
        setWhy(error instanceof Error ? error : new Error(String(error)))
      } finally {
        setBusy(false)
      }
    }
    void read()
  }
  return (
    <>
      <label
        class="drop"
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault()
          take(event.dataTransfer?.files[0])
        }}
      >
        <span>{say('bring.drop')}</span>
        <input
          ref={input}
          type="file"
          disabled={busy}
          accept=".json,.csv,.zip,application/json,text/csv,application/zip"
          onChange={(event) => {
            take(event.currentTarget.files?.[0])
            event.currentTarget.value = ''
          }}
        />
      </label>
      {busy && (
        <p role="status">
          <progress value={so?.read ?? 0} max={1} aria-label={say('bring.reading')} />
          {say('bring.so-far', { n: so?.strands.reduce((sum, { added }) => sum + added, 0) ?? 0 })}
        </p>
      )}
      {why && <Fault error={why} />}
      {so && !busy && !why && <Came so={so} />}
    </>
  )
}

function Came({ so }: { readonly so: BroughtIn }) {
  const say = useSay()
  const skipped = [...so.reasons.values()].reduce((sum, n) => sum + n, 0)
  return (
    <section class="note good" role="status">
      <h2>{say('bring.done', { file: plain(so.file, 80) })}</h2>
      <ul class="rows">
        {so.strands.map(({ strand, added, known, aboutOthers }) => (
          <li key={strand}>
            <strong>{strandTitle(say, strand)}</strong>
            <span>
              {say('bring.added', { n: added })}
              {known > 0 && ` · ${say('bring.known-already', { n: known })}`}
              {aboutOthers > 0 && ` · ${say('bring.about-others', { n: aboutOthers })}`}
            </span>
          </li>
        ))}
        {so.strands.length === 0 && <li>{say('bring.nothing')}</li>}
      </ul>
      {skipped > 0 && (
        <details>
          <summary>{say('bring.skipped', { n: skipped })}</summary>
          <ul class="rows">
            {[...so.reasons].map(([code, n]) => (
              <li key={code}>
                <span>{say(`skip.${code}`)}</span>
                <span class="faint">{say('bring.times', { n })}</span>
              </li>
            ))}
          </ul>
          <ul class="rows">
            {so.skipped.slice(0, 20).map(({ file, line, reason }, i) => (
              <li key={i}>
                <span class="faint">{say('bring.line', { file: plain(file, 60), n: line })}</span>
                <span lang="en">{plain(reason, 200)}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
      {so.passed.length > 0 && (
        <details>
          <summary>{say('bring.passed', { n: so.passed.length })}</summary>
          <ul class="rows">
            {so.passed.slice(0, 20).map(({ file, reason }, i) => (
              <li key={i}>
                <span>{plain(file, 80)}</span>
                <span class="faint" lang="en">
                  {plain(reason, 200)}
                </span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  )
}
