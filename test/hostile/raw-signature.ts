import { createHash } from 'node:crypto'
import type { Signer } from '@dcann/protocol/key'

/** How to sign a request wrongly. What is left out is right. */
export type SignatureFault = {
  readonly label?: string
  readonly components?: readonly string[]
  /** Parameters to replace by raw text, to add, or, with `undefined`, to leave out. */
  readonly parameters?: Readonly<Record<string, string | undefined>>
  /** What the base says of a component, where that differs from what is sent. */
  readonly values?: Readonly<Record<string, string>>
  readonly contentType?: string
  readonly contentDigest?: string
  readonly signer?: Signer
  /** Changes the 64 bytes after signing. */
  readonly bend?: (signature: Buffer) => Buffer
}

export type RawSignature = { readonly input: string; readonly signature: string; readonly digest: string }

const profile = ['@method', '@target-uri', 'content-type', 'content-digest']

/**
 * An RFC 9421 signature made by hand, from the standard's text and not through the library that the door uses, so that
 * neither can hide a mistake of the other.
 */
export async function rawSignature(
  signer: Signer,
  targetUri: string,
  body: Uint8Array,
  now: number,
  nonce: string,
  fault: SignatureFault = {},
): Promise<RawSignature> {
  const by = fault.signer ?? signer
  const digest = fault.contentDigest ?? `sha-256=:${createHash('sha256').update(body).digest('base64')}:`
  const values: Record<string, string> = {
    '@method': 'POST',
    '@target-uri': targetUri,
    'content-type': fault.contentType ?? 'application/json',
    'content-digest': digest,
    ...fault.values,
  }
  const parameters = Object.entries({
    created: String(now),
    expires: String(now + 60),
    nonce: `"${nonce}"`,
    alg: '"ed25519"',
    keyid: `"${by.kid}"`,
    tag: '"dcann-1"',
    ...fault.parameters,
  }).filter((parameter): parameter is [string, string] => parameter[1] !== undefined)
  const components = fault.components ?? profile
  const inner = `(${components.map(quoted).join(' ')})${parameters.map(([name, value]) => `;${name}=${value}`).join('')}`
  const base = [
    ...components.map((component) => `${quoted(component)}: ${values[component.split(';')[0] ?? ''] ?? ''}`),
    `"@signature-params": ${inner}`,
  ].join('\n')
  const made = Buffer.from(await by.sign(Buffer.from(base)))
  const label = fault.label ?? 'dcann'
  return {
    input: `${label}=${inner}`,
    signature: `${label}=:${(fault.bend?.(made) ?? made).toString('base64')}:`,
    digest,
  }
}

/** `content-type;sf` carries its parameter outside the quotes. */
function quoted(component: string): string {
  const [name, ...parameters] = component.split(';')
  return [`"${name}"`, ...parameters].join(';')
}
