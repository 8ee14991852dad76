import { parseName } from '@dcann/protocol/name'
import { createRegistryClient } from '@dcann/sdk/registry-client'
import type { Resolver } from '@dcann/sdk/resolver'
import { useEffect, useState } from 'preact/hooks'
import { countryName, sinceOf } from '../language/numbers.ts'
import { useLanguage, useSay } from '../language/say.ts'
import type { Place } from '../page/place.ts'
import { type BrokenLink, type NameLink, nameLink } from './chain.ts'
import { ProtocolError } from '@dcann/protocol/errors'
import { wordsOfError } from '../language/errors.ts'

type Country = NameLink<'country'> | BrokenLink

/** Every country zone that the registry names, each proved before it is shown as there. */
export function CountriesView(parts: { readonly resolver: Resolver; readonly place: Place }) {
  const say = useSay()
  return (
    <>
      <h1>{say('countries.title')}</h1>
      <p>{say('countries.lead')}</p>
      <CountryCards {...parts} />
    </>
  )
}

export function CountryCards({ resolver, place }: { readonly resolver: Resolver; readonly place: Place }) {
  const say = useSay()
  const [countries, setCountries] = useState<readonly Country[]>()
  useEffect(() => {
    let there = true
    void readCountries(resolver, place).then((found) => there && setCountries(found))
    return () => {
      there = false
    }
  }, [resolver])
  return (
    <section aria-labelledby="countries" aria-busy={countries === undefined}>
      <h2 id="countries">{say('countries.delegated')}</h2>
      {countries === undefined && <p role="status">{say('countries.asking')}</p>}
      {countries?.length === 0 && <p>{say('countries.none')}</p>}
      <ul class="cards">
        {countries?.map((country) => (
          <li key={country.name}>
            <Card country={country} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function Card({ country }: { readonly country: Country }) {
  const say = useSay()
  const language = useLanguage()
  const code = country.name.slice(-2)
  return (
    <article class={country.is === 'broken' ? 'bad' : ''}>
      <h3>
        <a href={`#${code}`}>
          {countryName(code, language)} <span class="faint">{code}</span>
        </a>
      </h3>
      {country.is === 'broken' ? (
        <p>{wordsOfError(say, country.why)}</p>
      ) : (
        <p>
          {say(country.resolved.record?.payload.status === 'active' ? 'countries.active' : 'countries.suspended')}
          {' · '}
          {say('countries.head', { age: sinceOf(country.resolved.at, language) })}
          {' · '}
          {say(country.resolved.proof === 'cosigned' ? 'chain.cosigned.short' : 'chain.uncosigned.short')}
        </p>
      )}
    </article>
  )
}

/** A registry's list is a hint: each name on it is resolved, and what is not proved is said not to be. */
async function readCountries(resolver: Resolver, { registries }: Place): Promise<readonly Country[]> {
  const [url = ''] = registries
  const world = { fetch: async (to: string, init?: RequestInit) => await fetch(to, init) }
  const zones = await createRegistryClient(world, url)
    .zones()
    .catch(() => [])
  const names = zones.flatMap(({ zone }) => (zone === 'root' ? [] : [`country/${zone}`]))
  return await Promise.all(
    names
      .filter((name) => parseName(name).kind === 'country')
      .map(async (name): Promise<Country> => {
        try {
          return await nameLink(resolver, 'country', name)
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error
          return { of: 'country', is: 'broken', name, why: error }
        }
      }),
  )
}
