import { z } from 'zod';
import { Origin, type StoredEvent } from '#domain/kernel/envelope.ts';
import { PersonId } from '#domain/kernel/ids.ts';
import { Instant } from '#domain/kernel/instant.ts';
import { addressIn } from '#domain/kernel/personal.ts';
import type { EventFilter } from '#domain/kernel/ports/event-store.ts';
import { Token, tokenOf } from '#domain/kernel/token.ts';
import { keysOf, visibleData } from '../authorization/secrets.ts';
import type { ResolverContext } from '../resolver-context.ts';

/** An event of the history as those see it who may. */
export const HistoricEvent = z
  .object({
    eventId: z.string(),
    type: z.string(),
    stream: z.string(),
    revision: z.int().min(0).meta({ description: 'From 0, without gaps, in its stream.' }),
    position: Token.meta({ description: 'Where it stands in the one history. Opaque.' }),
    recordedAt: Instant,
    occurredAt: Instant,
    version: z.int().min(1).meta({ description: 'Of the schema it was written with.' }),
    actor: z.string().meta({ description: 'Who asked for it.' }),
    onBehalfOf: PersonId.nullable(),
    command: z.string(),
    commandId: z.string(),
    correlationId: z.string(),
    causationId: z.string(),
    origin: Origin.meta({
      id: 'EventOrigin',
      description: 'From where the command came; the address is only for investigators.',
    }),
    data: z.json().meta({ description: 'In the newest version of its schema, with what you may see.' }),
  })
  .meta({ id: 'HistoricEvent', description: 'An event of the one history, and why it is there.' });

/** Which events of the whole history are asked for. */
export const eventFilter = {
  streams: z
    .array(z.string().min(1).max(200))
    .min(1)
    .max(20)
    .optional()
    .meta({ description: 'Beginnings of streams’ names: `auction-`, `wallet-ann:`. Any of them.' }),
  types: z
    .array(z.string().min(1).max(64))
    .min(1)
    .max(50)
    .optional()
    .meta({ description: 'Types of events. Any of them; with `streams`, both must hold.' }),
} as const;

export const filterOf = ({
  streams,
  types,
}: {
  streams?: string[] | undefined;
  types?: string[] | undefined;
}): EventFilter => ({ ...(streams && { streams }), ...(types && { types }) });

/**
 * Shows an event to somebody: what is about people is opened as far as they may see it, and as anybody still can.
 *
 * @throws NewerEventError for one this code does not know
 */
export async function historic(
  stored: StoredEvent,
  context: ResolverContext,
): Promise<z.output<typeof HistoricEvent>> {
  const { registry, store } = context.services;
  const event = registry.decode(stored);
  const { metadata } = event;
  const keys = await keysOf(event, context.services);
  const address = addressIn(event, keys);
  return {
    eventId: event.eventId,
    type: event.type,
    stream: event.stream,
    revision: event.revision,
    position: tokenOf(store.epoch, event.position),
    recordedAt: event.recordedAt,
    occurredAt: metadata.occurredAt,
    version: metadata.version,
    actor: metadata.actor,
    onBehalfOf: metadata.onBehalfOf ?? null,
    command: metadata.command,
    commandId: metadata.commandId,
    correlationId: metadata.correlationId,
    causationId: metadata.causationId,
    origin: { channel: metadata.origin.channel, ...(address !== undefined && { address }) },
    data: visibleData(event, context, keys) as z.output<typeof HistoricEvent>['data'],
  };
}
