import type { JWK } from 'jose';
import type { Dispatch, Envelope } from '#domain/kernel/envelope.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import type { BusRecord, ReceivedRecord } from '#domain/kernel/ports/bus.ts';
import { registryOf } from '#domain/kernel/registry.ts';
import { memoryBus } from '#engines/bus/memory/bus.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { joseIssuer, newSigningKey } from '#engines/tokens/jose.ts';
import { optionsOver } from '#test/support/bus-commands.ts';
import { tallies } from '#test/support/tally.ts';
import { type RecordHandlingOptions, recordHandling } from '#write-side/bus/commands.ts';
import { commandTopics } from '#write-side/bus/topics.ts';

// Records with commands, and what handles them.

export const START = '2026-03-01T12:00:00.000Z';
export const [SECOND_MS, HOUR_MS] = [1_000, 3_600_000];
const registry = registryOf([tallies]);
/** Made once, when it is first asked for: tests of a room run in one process, which waits for none of them to be loaded. */
let signingKey: Promise<JWK> | undefined;
const keyOfTokens = (): Promise<JWK> => {
  signingKey ??= newSigningKey();
  return signingKey;
};
export const topics = commandTopics('p');
export const never = new AbortController().signal;
export const json = (value: string): Record<string, unknown> => JSON.parse(value) as Record<string, unknown>;

type Answer = (envelope: Envelope) => Rejection | undefined;

/** What handles records, with a dispatch whose answers a test gives, and a bus that keeps what is sent. */
export async function given(answer: Answer, change: Partial<RecordHandlingOptions> = {}) {
  const clock = simulatedClock({ start: START });
  const asked: Envelope[] = [];
  const sent: BusRecord[] = [];
  const dispatch: Dispatch = async (envelope) => {
    asked.push(envelope);
    const { commandId } = envelope;
    const rejection = answer(envelope);
    if (rejection === undefined)
      return { outcome: 'accepted', commandId, stream: 'tally-a', position: undefined, events: [] };
    return { outcome: 'rejected', commandId, rejection, position: undefined, events: [] };
  };
  const bus = { send: async (records: readonly BusRecord[]) => void sent.push(...records) };
  const made = await optionsOver(
    memoryBus({ clock }),
    { registry, dispatch, epoch: 'e' },
    { prefix: 'p', signingKey: await keyOfTokens(), clock },
  );
  const options = { ...made, bus };
  const handling = recordHandling({ ...options, ...change });
  const issuer = await joseIssuer({ key: await keyOfTokens(), issuer: 'annals', audience: 'annals', clock });
  const { token } = await issuer.issue({ id: 'ann', roles: ['bidder'], reputation: 0 }, HOUR_MS);
  let offset = 0n;
  const received = (value: string, change: Partial<ReceivedRecord> = {}): ReceivedRecord => ({
    ...{ topic: topics.commands, partition: 0, offset: offset++, headers: {}, takenAt: clock.now() },
    ...{ key: new TextEncoder().encode('k'), value: new TextEncoder().encode(value) },
    ...change,
  });
  const command = (change: Record<string, unknown> = {}) =>
    JSON.stringify({
      ...{
        command: 'Add',
        data: { tally: 'a', by: '1' },
        idempotencyKey: 'c',
        token,
        replyTo: 'p.replies.x',
      },
      ...change,
    });
  return { clock, asked, sent, options, handling, received, command };
}

/** What was sent, as it would be read again. */
export const again = ({ topic, key, value }: BusRecord, takenAt: string): ReceivedRecord => ({
  ...{ topic, partition: 0, offset: 0n, headers: {}, takenAt },
  ...{ key: new TextEncoder().encode(key), value: new TextEncoder().encode(value) },
});
