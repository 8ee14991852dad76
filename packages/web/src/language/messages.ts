import type { askEn } from './ask-en.ts'
import type { consoleEn } from './console-en.ts'
import type { explorerEn } from './explorer-en.ts'
import type { pageEn } from './page-en.ts'
import type { walletEn } from './wallet-en.ts'

/** What a page says, by its place; where it depends on a number, one text for each form that the language has. */
export type Text = string | { readonly one: string; readonly other: string }

// the parts of the catalogue: a page loads those that it shows, and no other
export type PageMessages = Readonly<Record<keyof typeof pageEn, Text>>
export type AskMessages = Readonly<Record<keyof typeof askEn, Text>>
export type WalletMessages = Readonly<Record<keyof typeof walletEn, Text>>
export type ExplorerMessages = Readonly<Record<keyof typeof explorerEn, Text>>
export type ConsoleMessages = Readonly<Record<keyof typeof consoleEn, Text>>

export type MessageKey =
  | keyof PageMessages
  | keyof AskMessages
  | keyof WalletMessages
  | keyof ExplorerMessages
  | keyof ConsoleMessages
/** What one page can say: `language.test.ts` compares with what its files name. */
export type Messages = Readonly<Partial<Record<MessageKey, Text>>>
