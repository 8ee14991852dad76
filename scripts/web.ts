// Builds the pages, or says what they come to: npm run web [-- --digest | --list <app>]
import { parseArgs } from 'node:util'
import { apps, buildBundle, digestOf, keepBuilt, listOf } from './web/bundle.ts'

const { values } = parseArgs({ options: { digest: { type: 'boolean' }, list: { type: 'string' } } })
for (const app of apps) {
  if (values.list !== undefined) {
    if (app === values.list) process.stdout.write(listOf(await buildBundle(app)))
  } else if (values.digest) console.log(`${digestOf(await buildBundle(app))}  ${app}`)
  else console.log(`${app}: ${await keepBuilt(app)}`)
}
