// Builds the pages, or says what they come to: npm run web [-- --digest]
import { parseArgs } from 'node:util'
import { apps, buildBundle, digestOf, keepBuilt } from './web/bundle.ts'

const { values } = parseArgs({ options: { digest: { type: 'boolean' } } })
for (const app of apps) {
  if (values.digest) console.log(`${digestOf(await buildBundle(app))}  ${app}`)
  else console.log(`${app}: ${await keepBuilt(app)}`)
}
