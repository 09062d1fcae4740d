import { systemActor } from '#domain/kernel/actor.ts';
import { unsettledBy } from '#domain/kernel/chain.ts';
import type { Dispatch, RecordedEvent } from '#domain/kernel/envelope.ts';
import type { Handler } from '#domain/kernel/ports/consumer.ts';
import type { PaymentProvider, ProviderAnswer } from '#domain/kernel/ports/payments.ts';
import { intentId, type Recorded } from '#domain/kernel/reaction.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { PayoutInitiated, RecordProviderAnswer, TopUpInitiated } from '#domain/wallets/payment/messages.ts';

const NAME = 'payments-gateway';
/** Questions to the provider at the same time, of different payments. */
const AT_ONCE = 8;

/** As the consumer is known that asks this provider: what is up to its checkpoint has been asked for. */
export const gatewayName = ({ name }: Pick<PaymentProvider, 'name'>): string => `gateway:${name}`;

type Initiated = Recorded<typeof TopUpInitiated> | Recorded<typeof PayoutInitiated>;
const ways: readonly string[] = [TopUpInitiated.type, PayoutInitiated.type];
const isInitiated = (event: RecordedEvent): event is Initiated => ways.includes(event.type);

const answerTo = (provider: PaymentProvider, { type, data }: Initiated): Promise<ProviderAnswer> =>
  type === 'TopUpInitiated' ? provider.createTopUp(data) : provider.submitPayout(data);

/**
 * Where the history asks the world outside for a payment. Reactions and sagas only send commands; this is the one consumer
 * with an effect of its own. Both halves can be repeated: the provider knows the payment by its id, and its answer is
 * recorded by a command whose id derives from the event. So the order is: ask, record, and only then let the checkpoint
 * pass. Whatever fails is "not now": the batch is met again, and nothing happens twice.
 */
export function paymentsGateway({
  provider,
  dispatch,
  registry,
}: {
  provider: PaymentProvider;
  dispatch: Dispatch;
  registry: Pick<Registry, 'encodeCommand'>;
}): Handler {
  async function ask(event: RecordedEvent): Promise<void> {
    if (!isInitiated(event)) return;
    const { paymentId } = event.data;
    const answer = await answerTo(provider, event);
    const command = RecordProviderAnswer({ paymentId, provider: provider.name, answer });
    const reply = await dispatch({
      command: command.command,
      data: registry.encodeCommand(command),
      commandId: intentId(NAME, event, { command }),
      actor: systemActor(NAME),
      correlationId: event.metadata.correlationId,
      causationId: event.eventId,
      origin: { channel: 'reaction' },
    });
    const open = unsettledBy(reply);
    if (open !== undefined) throw new Error(`the provider's answer to ${paymentId} is not recorded: ${open}`);
  }

  return {
    name: gatewayName(provider),
    filter: { streams: ['payment-'], types: ways },
    key: ({ stream }) => stream,
    async handle(events, signal) {
      for (let next = 0; next < events.length && !signal.aborted; next += AT_ONCE)
        await Promise.all(events.slice(next, next + AT_ONCE).map(ask));
      // An aborted batch must not pass as handled.
      signal.throwIfAborted();
      return { writes: [], failures: [] };
    },
  };
}
