import { z } from 'zod';
import { BEGINNING } from '#domain/kernel/envelope.ts';
import { Token, tokenOf } from '#domain/kernel/token.ts';
import { historians } from '../authorization/secrets.ts';
import { pageArguments } from '../connection.ts';
import { eventSource } from '../feeds/events.ts';
import { cursorPosition, outgoing } from '../feeds/feed.ts';
import { mapped } from '../feeds/mapped.ts';
import { type Operations, query, subscription } from '../operation.ts';
import { eventFilter, filterOf, HistoricEvent, historic } from './events.ts';

const Direction = z
  .enum(['forwards', 'backwards'])
  .meta({ id: 'Direction', description: 'From the oldest to the newest, or the other way.' });
const direction = Direction.default('forwards');

const { first } = pageArguments;

const EventPage = z
  .object({
    events: z.array(HistoricEvent),
    next: Token.nullable().meta({
      description: 'Hand it to `after` for the next page. Null: nothing is left.',
    }),
  })
  .meta({ id: 'EventPage', description: 'A page of the whole history.' });

const StreamPage = z
  .object({
    events: z.array(HistoricEvent),
    next: z
      .int()
      .min(0)
      .nullable()
      .meta({ description: 'Hand it to `from` for the next page. Null: nothing is left.' }),
  })
  .meta({ id: 'StreamPage', description: 'A page of one stream.' });

const EventItem = z
  .object({
    after: Token,
    position: Token.meta({ description: 'Subscribe again with it as `after`.' }),
    event: HistoricEvent.nullable().meta({ description: 'Null: nothing matched in the interval.' }),
  })
  .meta({
    id: 'EventItem',
    description:
      'The interval (after, position] of the history. It ends with its one event; nothing else in it matched. Each begins where the one before it ended.',
  });

const RejectionEntry = z
  .object({ code: z.string(), message: z.string(), status: z.int().min(400).max(599) })
  .meta({ id: 'RejectionEntry', description: 'One kind of no.' });

export const historyOperations: Operations = {
  queries: {
    now: query({
      description: 'How far the history has come: the place from which a feed tells all that follows.',
      who: 'anyone',
      args: {},
      returns: Token,
      resolve: async (_, { services }) => tokenOf(services.store.epoch, await services.store.head()),
    }),
    rejections: query({
      description: 'The catalogue of every no.',
      who: 'anyone',
      args: {},
      returns: z.array(RejectionEntry),
      resolve: async (_, { services }) =>
        [...services.registry.rejections.values()].map(({ code, message, status }) => ({
          code,
          message,
          status,
        })),
    }),
    streamEvents: query({
      description: 'The events of one stream, page by page, from either end or from any revision.',
      who: historians,
      args: {
        stream: z.string().min(1).max(200),
        from: z.int().min(0).optional().meta({ description: 'The revision the page begins with, included.' }),
        direction,
        first,
      },
      returns: StreamPage,
      async resolve({ stream, from, direction, first }, context) {
        const { store } = context.services;
        const start = from === undefined ? {} : { from };
        const events = await store.readStream(stream, { ...start, direction, limit: first });
        const last = events.at(-1)?.revision;
        const next = last === undefined ? -1 : direction === 'forwards' ? last + 1 : last - 1;
        return {
          events: await Promise.all(events.map((event) => historic(event, context))),
          next: next < 0 || events.length < first ? null : next,
        };
      },
    }),
    allEvents: query({
      description: 'The whole history, page by page, from either end or from any place in it.',
      who: historians,
      args: {
        ...eventFilter,
        after: Token.optional().meta({
          description:
            'Behind it (forwards), or before it (backwards). Left out: from the first event, or the last.',
        }),
        direction,
        first,
      },
      returns: EventPage,
      async resolve({ after, direction, first, ...filter }, context) {
        const { store } = context.services;
        const from = await cursorPosition(context.services, after);
        const page = await store.readAll({
          ...(from !== undefined && { after: from }),
          direction,
          limit: first,
          filter: filterOf(filter),
        });
        return {
          events: await Promise.all(page.events.map((event) => historic(event, context))),
          next: page.end ? null : tokenOf(store.epoch, page.through),
        };
      },
    }),
  },
  subscriptions: {
    events: subscription({
      description:
        'Every event that matches, one by one and none left out, from a place in the history on. Without `after`, from its beginning.',
      who: ['investigator'],
      args: { ...eventFilter, after: Token.optional() },
      returns: EventItem,
      async subscribe({ after, ...filter }, context) {
        const { services, viewer } = context;
        const from = await cursorPosition(services, after);
        const source = mapped(
          eventSource(services.feed, { after: from, filter: filterOf(filter) }),
          async ({ event }) => ({
            event: event === undefined ? null : await historic(event, context),
          }),
        );
        return outgoing(services, viewer, from ?? BEGINNING, source);
      },
    }),
  },
  fields: {},
  nodes: [],
};
