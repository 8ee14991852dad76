import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePorts, type Part, startPart } from '../../scripts/federation/part.ts'

/** One more process of the vault node in Tallinn, over the same database, by this program, under a writer's name of its own. */
export async function startAnother(
  folder: string,
  name: string,
  program = 'vault-node/src/main.ts',
  words: readonly string[] = [],
): Promise<Part> {
  const [port = 0] = await freePorts(1)
  // `as`: settings that this federation wrote
  const settings = JSON.parse(readFileSync(join(folder, 'tallinn', 'config.json'), 'utf8')) as { store: object }
  const file = join(folder, `${name}.json`)
  writeFileSync(file, JSON.stringify({ ...settings, port, check: 'quick', store: { ...settings.store, writer: name } }))
  return await startPart({
    name,
    main: fileURLToPath(new URL(`../../${program}`, import.meta.url)),
    args: [...words, '--config', file],
    url: `http://127.0.0.1:${port}`,
    folder: join(folder, name),
    log: join(folder, `${name}.log`),
  })
}
