import { z } from 'zod';
import { overseers } from '#domain/kernel/actor.ts';
import { BEGINNING, type StoredEvent } from '#domain/kernel/envelope.ts';
import { idOf, PersonId } from '#domain/kernel/ids.ts';
import { Instant } from '#domain/kernel/instant.ts';
import { Currency } from '#domain/kernel/money.ts';
import { Token } from '#domain/kernel/token.ts';
import { Postings } from '#domain/wallets/posting.ts';
import { walletStream } from '#domain/wallets/wallet/messages.ts';
import { personAsked } from '../authorization/own.ts';
import { keysOf, visibleData } from '../authorization/secrets.ts';
import { eventSource } from '../feeds/events.ts';
import { cursorPosition, outgoing } from '../feeds/feed.ts';
import { mapped } from '../feeds/mapped.ts';
import { subscription } from '../operation.ts';
import type { ResolverContext } from '../resolver-context.ts';

const WalletEntry = z
  .object({
    eventId: z.string(),
    type: z.string().meta({ description: 'What happened, as the event is called.' }),
    person: PersonId,
    currency: Currency,
    revision: z.int().min(0).meta({ description: 'From 0, without gaps, in its wallet.' }),
    recordedAt: Instant,
    postings: Postings.meta({ description: 'How money moved; they sum to zero. Empty: none moved.' }),
    data: z.json().meta({ description: 'The event, without what is secret.' }),
  })
  .meta({ id: 'WalletEntry', description: 'Something that happened in a wallet.' });

const WalletItem = z
  .object({
    after: Token,
    position: Token.meta({ description: 'Subscribe again with it as `after`.' }),
    entry: WalletEntry.nullable().meta({ description: 'Null: nothing happened in the interval.' }),
  })
  .meta({
    id: 'WalletItem',
    description:
      'The interval (after, position] of the history. It ends with its one entry; nothing else in it was in your wallets. Each begins where the one before it ended; none are joined.',
  });

async function entryOf(stored: StoredEvent, context: ResolverContext): Promise<z.output<typeof WalletEntry>> {
  const event = context.services.registry.decode(stored);
  const data = visibleData(event, context, await keysOf(event, context.services));
  const [person = '', currency = ''] = idOf(event.stream).split(':');
  const postings = data.postings === undefined ? [] : Postings.parse(data.postings);
  const { eventId, type, revision, recordedAt } = event;
  return {
    eventId,
    type,
    person,
    currency,
    revision,
    recordedAt,
    postings,
    data: data as z.output<typeof WalletEntry>['data'],
  };
}

export const walletFeed = subscription({
  description:
    'Everything that happens in your wallets, one by one and none left out, from a place in the history on. Without `after`, from your first entry.',
  who: 'member',
  whose: { and: overseers },
  args: {
    after: Token.optional(),
    person: PersonId.optional().meta({ description: 'Somebody else: for auditors and investigators.' }),
  },
  returns: WalletItem,
  async subscribe({ after, person }, context) {
    const { services, viewer } = context;
    const from = await cursorPosition(services, after);
    // No id holds a colon, so that the prefix fits the wallets of this person alone.
    const streams = [`${walletStream.prefix}${personAsked(person, context)}:`];
    const source = mapped(
      eventSource(services.feed, { after: from, filter: { streams } }),
      async ({ event }) => ({
        entry: event === undefined ? null : await entryOf(event, context),
      }),
    );
    return outgoing(services, viewer, from ?? BEGINNING, source);
  },
});
