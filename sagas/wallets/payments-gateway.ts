import { systemActor } from '#domain/kernel/actor.ts';
import type { JsonObject } from '#domain/kernel/canonical.ts';
import { isOver } from '#domain/kernel/deadline.ts';
import type { Dispatch, RecordedEvent } from '#domain/kernel/envelope.ts';
import { type Instant, later } from '#domain/kernel/instant.ts';
import { intentId } from '#domain/kernel/intent.ts';
import type { Command } from '#domain/kernel/message.ts';
import type { Handled, Handler } from '#domain/kernel/ports/consumer.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { PaymentProvider, ProviderAnswer } from '#domain/kernel/ports/payments.ts';
import type { Recorded } from '#domain/kernel/reaction.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import {
  ExpireTopUp,
  PayoutInitiated,
  paymentStream,
  RecordProviderAnswer,
  TopUpInitiated,
} from '#domain/wallets/payment/messages.ts';
import { walletLimits } from '#domain/wallets/wallet/limits.ts';
import { hopelessBy, unsettledBy } from '#runtime/chain.ts';
import { pause } from '#runtime/pause.ts';

const NAME = 'payments-gateway';
/** Questions to the provider at the same time, of different payments. */
const AT_ONCE = 8;
/** So long it waits for one answer, in milliseconds. */
const PATIENCE_MS = 30_000;

/** As the consumer is known that asks this provider: what is up to its checkpoint has been asked for. */
export const gatewayName = ({ name }: Pick<PaymentProvider, 'name'>): string => `gateway:${name}`;

type Initiated = Recorded<typeof TopUpInitiated> | Recorded<typeof PayoutInitiated>;
const ways: readonly string[] = [TopUpInitiated.type, PayoutInitiated.type];
const isInitiated = (event: RecordedEvent): event is Initiated => ways.includes(event.type);

const answerTo = (provider: PaymentProvider, { type, data }: Initiated): Promise<ProviderAnswer> =>
  type === 'TopUpInitiated' ? provider.createTopUp(data) : provider.submitPayout(data);

/** Whether a payment in had its time to begin and did not; the first payments say no time, and have as long as the others. */
const isGivenUp = ({ type, data, metadata }: Initiated, now: Instant): boolean =>
  type === 'TopUpInitiated' &&
  isOver(data.expiresAt ?? later(metadata.occurredAt, walletLimits.topUpMs), now);

type Failure = Handled['failures'][number];

/** An answer of the provider that no command can carry, or nobody record: it parks its payment alone. */
class UnrecordableError extends Error {}

/** @throws when it has not come in time: the outcome is unknown then, as after any other failure */
async function inTime<T>(answer: Promise<T>, clock: Clock, signal: AbortSignal): Promise<T> {
  const over = new AbortController();
  const late = pause(clock, PATIENCE_MS, AbortSignal.any([signal, over.signal])).then(() => {
    throw new Error(`no answer of the provider in ${PATIENCE_MS} ms`);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    over.abort();
  }
}

interface Options {
  readonly provider: PaymentProvider;
  readonly dispatch: Dispatch;
  readonly registry: Pick<Registry, 'encodeCommand'>;
  /** Whose time payments are in. */
  readonly clock: Pick<Clock, 'now'>;
  /** By which the provider is waited for. */
  readonly machineClock: Clock;
}

async function outcomeOf(
  { provider, clock, machineClock }: Options,
  event: Initiated,
  signal: AbortSignal,
): Promise<Command> {
  const { paymentId } = event.data;
  if (isGivenUp(event, clock.now())) return ExpireTopUp({ paymentId });
  const answer = await inTime(answerTo(provider, event), machineClock, signal);
  return RecordProviderAnswer({ paymentId, provider: provider.name, answer });
}

/** @throws UnrecordableError, which no other try mends */
function written({ registry }: Options, command: Command): JsonObject {
  try {
    return registry.encodeCommand(command);
  } catch (error) {
    throw new UnrecordableError(`what the provider answers fits no ${command.command}`, { cause: error });
  }
}

/** What came of those at once: which are to be parked. @throws the first that is "not now", once all of them have ended */
async function askTogether(
  ask: (event: RecordedEvent) => Promise<void>,
  events: readonly RecordedEvent[],
  signal: AbortSignal,
): Promise<Handled['failures']> {
  const failures: Failure[] = [];
  const notNow: unknown[] = [];
  for (let next = 0; next < events.length && !signal.aborted; next += AT_ONCE) {
    const some = events.slice(next, next + AT_ONCE);
    const settled = await Promise.allSettled(some.map((event) => ask(event)));
    for (const [at, event] of some.entries()) {
      const outcome = settled[at];
      if (outcome?.status !== 'rejected') continue;
      const { reason } = outcome;
      if (reason instanceof UnrecordableError) failures.push({ key: event.stream, event, error: reason });
      else notNow.push(reason);
    }
  }
  // An aborted batch must not pass as handled.
  signal.throwIfAborted();
  if (notNow.length > 0) throw notNow[0];
  return failures;
}

/**
 * Where the history asks the world outside for a payment. Reactions and sagas only send commands; this is the one consumer
 * with an effect of its own. Both halves can be repeated: the provider knows the payment by its id, and its answer is
 * recorded by a command whose id derives from the event. So the order is: ask, record, and only then let the checkpoint
 * pass. Whatever fails is "not now": the batch is met again, and nothing happens twice. An answer that can never be recorded parks
 * its payment, which is asked for again when staff have it tried again. A payment in whose time to begin is
 * over is not asked for any more; a payout is, for ever, because it may have been paid. Meanwhile the others of its batch
 * are answered, and each is asked for once in this process.
 */
export function paymentsGateway(options: Options): Handler {
  /** Of the batch at hand, what has its answer recorded. */
  const done = new Set<string>();

  async function ask(event: RecordedEvent, signal: AbortSignal): Promise<void> {
    if (!isInitiated(event) || done.has(event.eventId)) return;
    const command = await outcomeOf(options, event, signal);
    const reply = await options.dispatch({
      command: command.command,
      data: written(options, command),
      commandId: intentId(NAME, event, { command }),
      actor: systemActor(NAME),
      correlationId: event.metadata.correlationId,
      causationId: event.eventId,
      origin: { channel: 'reaction' },
    });
    const unrecorded = (why: string): string =>
      `the provider's answer to ${event.data.paymentId} is not recorded: ${why}`;
    const hopeless = hopelessBy(reply);
    if (hopeless !== undefined) throw new UnrecordableError(unrecorded(hopeless));
    const open = unsettledBy(reply);
    if (open !== undefined) throw new Error(unrecorded(open));
    done.add(event.eventId);
  }

  return {
    name: gatewayName(options.provider),
    filter: { streams: [paymentStream.prefix], types: ways },
    key: ({ stream }) => stream,
    async handle(events, signal) {
      const failures = await askTogether((event) => ask(event, signal), events, signal);
      done.clear();
      return { writes: [], failures };
    },
  };
}
