import { parseName } from '@dcann/protocol/name'
import { judgeAuthorization, askAuthorization } from '@dcann/sdk/trust-query'
import { defineCommand, type Report } from '../command.ts'
import { timeOf } from '../option-values.ts'
import { openOutside } from '../settings.ts'
import { table } from '../wrap.ts'

export const trust = defineCommand({
  says: 'Asks whether somebody may do something, in the form of the Trust Registry Query Protocol, and judges it by proved records: an operator operate vault-node, a node host passports, a requester request <purpose>[/<category>], a country assign identifiers or delegate zone. Exit code 1 for no.',
  takes: ['<name>', '<action>', '<resource>'],
  options: {
    authority: {
      value: '<name>',
      says: "who is to have authorized it; the name's own country, or the root, to begin with",
    },
    at: { value: '<time>', says: 'at another time than now' },
    ask: { value: '<url>', says: 'have this registry answer, and hold its answer against the records' },
  },
  example: 'dcann trust EE/requester/insurer request dpv:PersonalisedBenefits/pd:TravelHistory',
  run: async ({ words: [name = '', action = '', resource = ''], given, folder }): Promise<Report> => {
    const outside = await openOutside(folder)
    const { world, resolver, settings } = outside
    const { kind, zone } = parseName(name)
    const query = {
      entity_id: name,
      authority_id: given.authority ?? (kind === 'country' ? 'root' : `country/${zone}`),
      action,
      resource,
      ...(given.at === undefined ? {} : { context: { time: timeOf(given.at, '--at') } }),
    }
    const { pinned, registries } = settings
    const { proof: _, ...answer } = given.ask
      ? await askAuthorization({ world, pinned, registries, at: given.ask }, query)
      : await judgeAuthorization(resolver, world, query)
    return {
      exit: answer.authorized ? 0 : 1,
      json: answer,
      lines: [
        `${answer.authorized ? 'Yes' : 'No'}: ${answer.message}`,
        ...table([
          ['Asked', `${name}: ${action} ${resource}, by ${answer.authority_id}`],
          ['At', answer.time_requested ?? answer.time_evaluated],
        ]),
      ],
    }
  },
})
