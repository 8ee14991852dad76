import { type ComponentChildren, render } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'
import {
  type Catalogue,
  firstLanguage,
  type Language,
  languages,
  type Speaking,
  SpeakingContext,
  speakIn,
} from '../language/say.ts'

/** Shows a page in the first of the browser's languages that there is, from the first word on. */
export async function show(catalogue: Catalogue, children: ComponentChildren): Promise<void> {
  const page = document.querySelector('#page')
  if (page === null) return
  const first = await speakIn(firstLanguage(), catalogue).catch(async () => await speakIn('en', catalogue))
  document.documentElement.lang = first.language
  render(
    <Speak catalogue={catalogue} first={first}>
      {children}
    </Speak>,
    page,
  )
}

type Speak = {
  readonly catalogue: Catalogue
  readonly first: Omit<Speaking, 'choose'>
  readonly children: ComponentChildren
}

/** Gives everything inside the language that was chosen. */
function Speak({ catalogue, first, children }: Speak) {
  const [speaking, setSpeaking] = useState(first)
  const choose = (language: Language): void => {
    speakIn(language, catalogue).then(
      (chosen) => {
        document.documentElement.lang = language
        remember('language', language)
        setSpeaking(chosen)
      },
      // one that cannot be fetched now is not chosen
      () => setSpeaking((before) => ({ ...before })),
    )
  }
  return <SpeakingContext.Provider value={{ ...speaking, choose }}>{children}</SpeakingContext.Provider>
}

export type Frame = {
  readonly title: string
  readonly links: readonly { readonly href: string; readonly text: string; readonly current: boolean }[]
  readonly children: ComponentChildren
  /** Where the name at the top leads. */
  readonly home?: string
}

/** What stands around every page: its name, the ways through it, language and light. */
export function Frame({ title, links, children, home = '#' }: Frame) {
  const { say, language, choose } = useContext(SpeakingContext)
  const [theme, setTheme] = useState(readTheme)
  useEffect(() => {
    if (theme === 'auto') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = theme
    remember('theme', theme)
  }, [theme])
  return (
    <>
      <header class="top">
        <a class="skip" href="#" onClick={(event) => (event.preventDefault(), document.querySelector('main')?.focus())}>
          {say('frame.skip')}
        </a>
        <a class="brand" href={home}>
          <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
            <path d="M16 3 4 8v8c0 7 5 11 12 13 7-2 12-6 12-13V8z" />
            <path class="tick" d="m10 16 4.5 4.5L22.5 12" />
          </svg>
          <strong>{title}</strong>
        </a>
        <nav aria-label={say('frame.nav')}>
          <ul>
            {links.map(({ href, text, current }) => (
              <li key={href}>
                <a href={href} {...(current ? { 'aria-current': 'page' as const } : {})}>
                  {text}
                </a>
              </li>
            ))}
          </ul>
        </nav>
      </header>
      <main tabIndex={-1}>{children}</main>
      <footer class="foot">
        <label>
          <span>{say('frame.language')}</span>
          <select
            value={language}
            onChange={(event) => {
              const chosen = event.currentTarget.value
              if (isLanguage(chosen)) choose(chosen)
            }}
          >
            {Object.entries(languages).map(([tag, name]) => (
              <option key={tag} value={tag} lang={tag}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span>{say('frame.theme')}</span>
          <select value={theme} onChange={(event) => setTheme(themeOf(event.currentTarget.value))}>
            <option value="auto">{say('frame.theme.auto')}</option>
            <option value="light">{say('frame.theme.light')}</option>
            <option value="dark">{say('frame.theme.dark')}</option>
          </select>
        </label>
      </footer>
    </>
  )
}

type Theme = 'auto' | 'light' | 'dark'

function themeOf(text: string | null | undefined): Theme {
  return text === 'light' || text === 'dark' ? text : 'auto'
}

function isLanguage(text: string): text is Language {
  return text in languages
}

function readTheme(): Theme {
  try {
    return themeOf(localStorage.getItem('theme'))
  } catch {
    return 'auto'
  }
}

/** A browser that keeps nothing shows the page all the same. */
function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // private windows refuse
  }
}
