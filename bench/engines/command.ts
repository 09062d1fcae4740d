import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { openBus } from '#compose/bus.ts';
import { readConfig } from '#config';
import type { Session } from '#demo/api.ts';
import type { Bus } from '#domain/kernel/ports/bus.ts';
import { noLog } from '#domain/kernel/ports/log.ts';
import { steadyClock } from '#engines/clock/steady.ts';
import { newIds } from '#engines/ids.ts';
import { commandTopics } from '#write-side/bus/topics.ts';
import { latencyDetails } from '../bids.ts';
import { percentile, ranRow } from '../row.ts';
import { givenBidder, type Served, serve } from '../served.ts';
import { onServers } from './on-servers.ts';
import { kafkaAt } from './servers.ts';

/** A decision on a stream of the sender's own, and one commit. */
const COMMAND = 'Transfer';
const DATA = { to: 'sam', amount: '1', currency: 'USD' };
/** Sent one after the other, each when the one before is answered. */
const COMMANDS = 100;
const WARM_UP = 50;
const ANSWER_MS = 30_000;

/** Sends one command under this id, and answers what came of it. */
type Sending = (commandId: string) => Promise<void>;

function byRest({ url }: Served, { authorization }: Session) {
  const agent = new Agent({ keepAlive: true });
  const body = JSON.stringify(DATA);
  const path = `${url}/commands/wallets/transfer`;
  const send: Sending = (commandId) =>
    new Promise((resolve, reject) => {
      const type = { 'content-type': 'application/json', 'content-length': body.length };
      const headers = { authorization, 'idempotency-key': commandId, ...type };
      const asked = request(path, { method: 'POST', agent, headers }, (response) => {
        let text = '';
        response.on('data', (chunk) => (text += chunk));
        response.on('end', () => (response.statusCode === 200 ? resolve() : reject(new Error(text))));
      });
      asked.on('error', reject);
      asked.end(body);
    });
  return { send, close: () => agent.destroy() };
}

/** Whoever asks over the bus: puts a command on its topic, and reads replies on a topic of its own. */
async function overBus(bus: Bus, prefix: string, { authorization }: Session) {
  const { commands } = commandTopics(prefix);
  const replyTo = `${prefix}.replies.bench`;
  const token = authorization.replace(/^Bearer /, '');
  const waiting = new Map<string, (body: string) => void>();
  await bus.declare([{ name: replyTo, partitions: 1 }]);
  const consumer = bus.consume({
    group: replyTo,
    topics: [replyTo],
    async handle(records) {
      for (const { key, value } of records)
        waiting.get(Buffer.from(key ?? []).toString())?.(Buffer.from(value ?? []).toString());
    },
  });
  await consumer.joined;
  const send: Sending = (commandId) =>
    new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`no reply to ${commandId}`)), ANSWER_MS);
      waiting.set(commandId, (body) => {
        clearTimeout(late);
        waiting.delete(commandId);
        if (body.includes('"accepted"')) resolve();
        else reject(new Error(body));
      });
      const value = JSON.stringify({
        command: COMMAND,
        data: DATA,
        idempotencyKey: commandId,
        token,
        replyTo,
      });
      bus.send([{ topic: commands, key: commandId, value, headers: {} }]).catch(reject);
    });
  return { send, stop: consumer.stop };
}

/** What each took, in milliseconds. */
async function latencies(send: Sending, name: string, count: number): Promise<readonly number[]> {
  const took: number[] = [];
  for (let at = 0; at < count; at++) {
    const startedAt = performance.now();
    await send(`${name}-${at}`);
    took.push(performance.now() - startedAt);
  }
  return took;
}

const median = (took: readonly number[]): number => percentile(took, 0.5);

export const commandBench = onServers({
  name: 'engines-command',
  what: 'a command over Kafka and its reply back',
  servers: ['kafka'],
  async measure(run, { kafka: url }) {
    const folder = join(run.folder, 'deployment');
    const served = await serve(folder, { BUS: url });
    const config = readConfig({ BUS: url, DATA_DIR: folder });
    const clock = steadyClock();
    const { bus } = await openBus(config, { clock, log: noLog, newId: newIds({ clock }) });
    try {
      const sender = await givenBidder(served.api, 'sender');
      const rest = byRest(served, sender);
      const kafka = await overBus(bus, kafkaAt(url).prefix, sender);
      const taken = { rest: [] as number[], kafka: [] as number[] };
      const rounds = run.short ? 1 : 3;
      const count = run.short ? 20 : COMMANDS;
      await latencies(rest.send, 'rest-first', run.short ? 5 : WARM_UP);
      await latencies(kafka.send, 'kafka-first', run.short ? 5 : WARM_UP);
      for (let round = 0; round < rounds; round++) {
        taken.rest.push(...(await latencies(rest.send, `rest-${round}`, count)));
        taken.kafka.push(...(await latencies(kafka.send, `kafka-${round}`, count)));
      }
      await run.profiled('engines-command', () => latencies(kafka.send, 'kafka-profiled', count));
      rest.close();
      await kafka.stop();
      return [
        ranRow({
          name: 'engines-command',
          what: 'a transfer over Kafka and its reply back, one after the other: the median',
          value: median(taken.kafka),
          unit: 'ms',
          against: { what: 'the same by REST', value: median(taken.rest) },
          rounds,
          medianOf: `${taken.kafka.length} commands`,
          details: { ...latencyDetails('Kafka', taken.kafka), ...latencyDetails('REST', taken.rest) },
          note: 'Two records, each acknowledged by the broker before it is read; the platform is a process of its own.',
        }),
      ];
    } finally {
      await bus.close();
      await served.stop();
    }
  },
});
