import type { Position, RecordedEvent } from '#domain/kernel/envelope.ts';
import { idOf } from '#domain/kernel/ids.ts';
import type { ConsumerStore } from '#domain/kernel/ports/consumer-store.ts';
import { type EventFilter, type EventStore, storeLimits } from '#domain/kernel/ports/event-store.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { Recorded } from '#domain/kernel/reaction.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import {
  PayoutFailed,
  PayoutInitiated,
  PayoutPaid,
  paymentStream,
  TopUpInitiated,
} from '#domain/wallets/payment/messages.ts';
import { gatewayName } from '#sagas/wallets/payments-gateway.ts';
import type { SimulatedProvider } from './payments.ts';

export interface ForgottenOptions {
  readonly store: Pick<EventStore, 'epoch' | 'readAll'>;
  readonly consumers: Pick<ConsumerStore, 'checkpoint'>;
  readonly registry: Pick<Registry, 'decode'>;
  readonly provider: SimulatedProvider;
  readonly log: Log;
}

type Payout = Recorded<typeof PayoutInitiated>;
const isPayout = (event: RecordedEvent): event is Payout => event.type === PayoutInitiated.type;

const streams = [paymentStream.prefix];
const asked: EventFilter = { streams, types: [TopUpInitiated.type, PayoutInitiated.type] };
const payouts: EventFilter = {
  streams,
  types: [PayoutInitiated, PayoutPaid, PayoutFailed].map(({ type }) => type),
};
const limit = storeLimits.pageEvents;

/** The last payment that the provider was asked for, up to this position. */
async function lastAsked(store: ForgottenOptions['store'], until: Position) {
  for (let after = until + 1n; ; ) {
    const page = await store.readAll({ after, direction: 'backwards', limit, filter: asked });
    const [last] = page.events;
    if (last !== undefined || page.end) return last;
    after = page.through;
  }
}

/** The payouts up to this position that have neither been paid nor failed, the oldest first. */
async function payoutsUnderWay(
  { store, registry }: ForgottenOptions,
  until: Position,
): Promise<readonly Payout[]> {
  const open = new Map<string, Payout>();
  for (let after = 0n; ; ) {
    const page = await store.readAll({ after, limit, filter: payouts });
    for (const stored of page.events) {
      if (stored.position > until) return [...open.values()];
      const event = registry.decode(stored);
      if (isPayout(event)) open.set(event.stream, event);
      else open.delete(event.stream);
    }
    if (page.end) return [...open.values()];
    after = page.through;
  }
}

/**
 * Gives the payouts under way once more to a simulated provider that has forgotten them: its file is gone, was replaced, or
 * is an older one. It remembers what it is asked for in order, so one that knows the last payment knows all. A real provider
 * would know them; nobody would ever hear of them from this one, and their money would be held for ever. A payout has one
 * id, so that whatever is given twice is paid once. Top-ups under way expire, and what the gateway has not asked for yet it
 * asks for by itself.
 *
 * @returns how many were given again
 */
export async function remindOfPayouts(options: ForgottenOptions): Promise<number> {
  const { store, consumers, provider, log } = options;
  const until = await consumers.checkpoint(gatewayName(provider));
  const last = until === undefined ? undefined : await lastAsked(store, until);
  if (until === undefined || last === undefined) return 0;
  const since = `${store.epoch}:${last.position}`;
  if (provider.remembers(idOf(last.stream)) || provider.since() === since) return 0;
  const forgotten = await payoutsUnderWay(options, until);
  for (const { data } of forgotten) await provider.submitPayout(data);
  provider.beginAnew(since);
  log.warn(
    { payouts: forgotten.length, lastAsked: idOf(last.stream) },
    'the simulated payment provider has forgotten what it was asked for (provider.db is gone, older or another one): payouts under way were given to it again, top-ups under way will expire',
  );
  return forgotten.length;
}
