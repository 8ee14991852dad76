import { catalogue } from '@dcann/sdk/imports/catalogue'
import { useSay } from '../language/say.ts'
import { Bring } from './bring.tsx'
import type { Holder } from './holder.ts'

/** Brings in what companies hold about a person: dropped or chosen, read in this browser, and told what became of it. */
export function BringView({ holder }: { readonly holder: Holder }) {
  const say = useSay()
  return (
    <>
      <h1>{say('bring.title')}</h1>
      <p>{say('bring.lead')}</p>
      <Bring holder={holder} />
      <section>
        <h2>{say('bring.known')}</h2>
        <ul class="rows">
          {catalogue.map(({ id, title }) => (
            <li key={id} lang="en">
              {title}
            </li>
          ))}
        </ul>
      </section>
    </>
  )
}
