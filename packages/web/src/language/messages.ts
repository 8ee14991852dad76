import type { consoleEn } from './console-en.ts'
import type { en } from './en.ts'

/** What a page says, by its place; where it depends on a number, one text for each form that the language has. */
export type Text = string | { readonly one: string; readonly other: string }
export type MessageKey = keyof typeof en
export type Messages = Readonly<Record<MessageKey, Text>>
export type ConsoleMessages = Readonly<Record<keyof typeof consoleEn, Text>>
