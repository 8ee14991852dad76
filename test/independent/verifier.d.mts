/** What the independent verifier is called by; it is written in plain JavaScript from the specification. */
type Json = unknown
type Record_ = { readonly payload: { readonly name: string; readonly status: string }; readonly id: string }
type Options = { readonly now: number; readonly stated?: boolean }
export declare class Refused extends Error {}
export declare function bytesOf(text: string): Buffer
export declare function readSigned(signed: Json, noun: string, keysOf: (payload: never) => readonly string[]): Record_
export declare function included(
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: Uint8Array[],
  root: Uint8Array,
): void
export declare function openCheckpoint(
  text: string,
  log: Json,
): { readonly size: number; readonly root: Uint8Array; readonly note: Json }
export declare function timesOf(note: Json, witness: Json): number[]
export declare function policyOf(root: Json, zone: string): { readonly witnesses: Json[] } | null
export declare function headTime(note: Json, policy: Json, now: number): number | null
export declare function mapKey(zone: string, name: string): Buffer
export declare function inMap(root: Uint8Array, key: Uint8Array, proof: Json): string | null
export declare function admitPassport(country: Json, held: Json, signed: Json, now: number): Record_
export declare function admitRoot(held: unknown, signed: Json): Record_
export declare function walkRoot(versions: Json, pin: string): Record_[]
export declare function country(resolution: Json, roots: Record_[], options: Options): Record_
export declare function passport(body: Json, country: Record_, roots: Record_[], options: Options): Record_ | null
export declare function agreement(
  kinds: readonly [string, string],
  documents: readonly Json[],
  requester: Json,
  now: number,
): { readonly agreement: string }
export declare function lines(opened: Json): string | null
export declare function evidence(bytes: Uint8Array, pin: string): { readonly verdict: string }
export declare function parseCanonical(bytes: Uint8Array, most?: number): Json
export declare function statementOf(signed: Json, keys: readonly string[]): Json
export declare function readNote(text: string): Json
export declare function recordId(signed: { readonly payload: string }): string
