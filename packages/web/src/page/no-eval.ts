import { config } from 'zod'

// Schemas are compiled by `new Function` where that is allowed. These pages forbid it, so they do not even try. Imported
// before everything else, since a schema decides when it is made.
config({ jitless: true })
