import { useState } from 'preact/hooks'
import { useSay } from '../language/say.ts'
import { plain } from '../page/outside-text.ts'
import type { Code } from './code.ts'

/** An action as code, beside the action: for a shell, and in TypeScript. */
export function CodeView({ code }: { readonly code: Code }) {
  const say = useSay()
  const [shown, setShown] = useState<keyof Code>('curl')
  const names = { curl: 'curl', typescript: 'TypeScript' } as const
  return (
    <details class="as-code">
      <summary>{say('console.code')}</summary>
      <div class="row">
        {(['curl', 'typescript'] as const).map((which) => (
          <button
            key={which}
            type="button"
            class={which === shown ? 'chosen' : 'secondary'}
            aria-pressed={which === shown}
            onClick={() => setShown(which)}
          >
            {names[which]}
          </button>
        ))}
        <CopyButton text={code[shown]} />
      </div>
      <Copyable text={code[shown]} label={names[shown]} />
    </details>
  )
}

/** Text to be copied, shown line by line: nothing in it hides or turns round. */
export function Copyable({ text, label }: { readonly text: string; readonly label: string }) {
  const lines = text.split('\n').map((line) => ' '.repeat(line.length - line.trimStart().length) + plain(line, 4000))
  return (
    <pre tabIndex={0} role="region" aria-label={label} translate={false}>
      {lines.join('\n')}
    </pre>
  )
}

export function CopyButton({ text }: { readonly text: string }) {
  const say = useSay()
  const [copied, setCopied] = useState<string>()
  return (
    <button
      type="button"
      class="secondary"
      aria-live="polite"
      onClick={() =>
        void navigator.clipboard.writeText(text).then(
          () => setCopied(text),
          () => setCopied(undefined),
        )
      }
    >
      {say(copied === text ? 'console.copied' : 'console.copy')}
    </button>
  )
}
