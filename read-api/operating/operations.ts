import { z } from 'zod';
import { Instant } from '#domain/kernel/instant.ts';
import { Token, tokenOf } from '#domain/kernel/token.ts';
import { type Operations, query } from '../operation.ts';

const ParkedEntry = z
  .object({
    key: z.string(),
    error: z.string(),
    since: Instant,
    waiting: z.int().min(1).meta({ description: 'Events that wait, the one that failed included.' }),
  })
  .meta({ id: 'ParkedEntry', description: 'A key of a view that waits for a repair.' });

const ViewStanding = z
  .object({
    view: z.string(),
    position: Token.meta({ description: 'Up to where it holds the history.' }),
    parkedKeys: z.int().min(0),
    parked: z.array(ParkedEntry).max(100).meta({ description: 'The first 100 of them.' }),
  })
  .meta({ id: 'ViewStanding', description: 'How a view is doing.' });

/** More than there are: by it a question about them is counted. */
const MOST_VIEWS = 30;

/** What whoever runs the platform asks. */
export const operatingOperations: Operations = {
  queries: {
    views: query({
      description: 'Where each view stands, and which of its keys are parked.',
      who: ['admin', 'auditor'],
      args: {},
      returns: z.array(ViewStanding).max(MOST_VIEWS),
      resolve: async (_, { services }) =>
        (await services.views.standing()).map(({ view, position, parkedKeys, parked }) => ({
          view,
          position: tokenOf(services.store.epoch, position),
          parkedKeys,
          parked: parked.map(({ key, error, since, waiting }) => ({ key, error, since, waiting })),
        })),
    }),
  },
  subscriptions: {},
  fields: {},
  nodes: [],
};
