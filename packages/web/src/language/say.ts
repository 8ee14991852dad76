import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { MessageKey, Messages } from './messages.ts'

/** The languages there are, each by its own name. */
export const languages = { en: 'English', et: 'Eesti', hi: 'हिन्दी' } as const
export type Language = keyof typeof languages

/** Says a message in the language chosen; `n` picks the form where there are two. */
export type Say = (key: MessageKey, values?: Readonly<Record<string, string | number>>) => string

/** Fills in `{name}`; numbers as the language writes them. */
export function sayIn(language: Language, messages: Messages): Say {
  const plural = new Intl.PluralRules(language)
  const number = new Intl.NumberFormat(language)
  return (key, values = {}) => {
    const text = messages[key] ?? key
    const n = values['n']
    const form =
      typeof text === 'string' ? text : typeof n === 'number' && plural.select(n) === 'one' ? text.one : text.other
    return form.replaceAll(/\{([a-z]+)\}/g, (_, name: string) => {
      const value = values[name]
      return typeof value === 'number' ? number.format(value) : (value ?? '')
    })
  }
}

/** What one page says: English, which comes with it, and how the others are fetched. */
export type Catalogue = {
  readonly en: Messages
  readonly load: Readonly<Record<Exclude<Language, 'en'>, () => Promise<Messages>>>
}

/** Speaks a language, which is fetched first unless it is English. */
export async function speakIn(language: Language, catalogue: Catalogue): Promise<Omit<Speaking, 'choose'>> {
  const messages = language === 'en' ? catalogue.en : await catalogue.load[language]()
  return { language, say: sayIn(language, messages) }
}

export type Speaking = {
  readonly language: Language
  readonly say: Say
  readonly choose: (language: Language) => void
}

export const SpeakingContext = createContext<Speaking>({
  language: 'en',
  say: sayIn('en', {}),
  choose: () => {},
})

export function useSay(): Say {
  return useContext(SpeakingContext).say
}

export function useLanguage(): Language {
  return useContext(SpeakingContext).language
}

/** What was chosen here before, else the first of the browser's languages that there is. */
export function firstLanguage(): Language {
  const wanted = [remembered(), ...navigator.languages.map((tag) => tag.slice(0, 2))]
  return wanted.find((tag): tag is Language => tag !== undefined && tag in languages) ?? 'en'
}

function remembered(): string | undefined {
  try {
    return localStorage.getItem('language') ?? undefined
  } catch {
    return undefined
  }
}
