import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import express from 'express';
import { countOf } from '#compose/count.ts';
import { metrics } from '#compose/metrics.ts';
import type { ConsumerStatus } from '#domain/kernel/ports/consumer.ts';
import type { Standing } from '#domain/kernel/ports/standing.ts';

test('/metrics tells of the queues and of every consumer, as they are when it is asked', async (t) => {
  let parkedKeys = 0;
  let problem: string | undefined;
  let away: Pick<Standing, 'state' | 'errors'> = { state: 'up', errors: 1 };
  let asking = async (): Promise<number> => 3;
  let head = async (): Promise<bigint> => 19n;
  const consumer = (): ConsumerStatus => ({
    name: 'view:auctions@1.1',
    state: 'live',
    position: 7n,
    parkedKeys,
    handled: 42,
    held: ['view:auctions@1.1'],
    problem,
  });
  const router = metrics({
    pipeline: () => ({
      draining: false,
      inFlight: { external: 3, system: 1 },
      limit: 12,
      queued: { streams: 1, commands: 2 },
      cached: { streams: 5, commands: 9 },
      answeredPerSecond: 0,
    }),
    consumers: () => [consumer()],
    head: () => head(),
    engines: [
      {
        name: 'event-store',
        standing: () => ({ address: 'sqlite:/data/events.db', state: 'up', errors: 0 }),
      },
      { name: 'read-store', standing: () => ({ address: 'mongodb://m/views', ...away }) },
    ],
    mails: () => ({
      ...{
        waiting: 4,
        sentAgain: 1,
        problem: undefined,
        became: { done: 9, refused: 2, erased: 1, late: 0 },
      },
      ended: { done: 0, refused: 0, erased: 0, late: 0 },
    }),
    noticesWaiting: () => asking(),
    noticesUnread: () => new Map([[413, 2]]),
  });
  const server = createServer(express().use(router)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const read = async () => {
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`);
    assert.match(answer.headers.get('content-type') ?? '', /^text\/plain/);
    return answer.text();
  };
  const before = await read();
  assert.match(before, /^annals_commands_in_flight\{side="external"\} 3$/m);
  assert.match(before, /^annals_commands_limit 12$/m);
  assert.match(before, /^annals_payment_notices_waiting 3$/m);
  assert.match(before, /^annals_payment_notices_unread\{status="413"\} 2$/m);
  assert.match(before, /^annals_mails\{became="refused"\} 2$/m);
  assert.match(before, /^annals_mails_sent_again 1$/m);
  assert.match(before, /^annals_mails_waiting 4$/m);
  assert.match(before, /^annals_commands_queued 2$/m);
  assert.match(before, /^annals_consumer_part_held\{part="view:auctions@1\.1"\} 1$/m);
  assert.match(before, /^annals_consumer_running\{consumer="view:auctions@1\.1",state="live"\} 1$/m);
  assert.match(before, /^annals_consumer_lag\{consumer="view:auctions@1\.1"\} 12$/m);
  assert.match(before, /^annals_consumer_parked_keys\{consumer="view:auctions@1\.1"\} 0$/m);
  assert.match(before, /^process_cpu_seconds_total /m);
  assert.match(before, /^annals_consumer_troubled\{consumer="view:auctions@1\.1"\} 0$/m);
  const other = 'engine="event-store",address="sqlite:/data/events.db"';
  const views = 'engine="read-store",address="mongodb://m/views"';
  const lines = new Set(before.split('\n'));
  for (const line of [`up{${other}} 1`, `up{${views}} 1`, `errors{${other}} 0`, `errors{${views}} 1`])
    assert.ok(lines.has(`annals_engine_${line}`), line);
  away = { state: 'down', errors: 7 };
  parkedKeys = 2;
  problem = 'KeepUnclaimed 1: internal';
  asking = () => Promise.reject(new Error('a key is parked'));
  head = () => Promise.reject(new Error('the disk is gone'));
  const after = await read();
  assert.match(after, /^annals_consumer_parked_keys\{consumer="view:auctions@1\.1"\} 2$/m);
  assert.match(after, /^annals_consumer_troubled\{consumer="view:auctions@1\.1"\} 1$/m);
  assert.match(after, /^annals_payment_notices_waiting Nan$/im);
  assert.match(after, /^annals_consumer_lag\{consumer="view:auctions@1\.1"\} Nan$/im);
  const later = new Set(after.split('\n'));
  for (const line of [`up{${other}} 1`, `up{${views}} 0`, `errors{${views}} 7`])
    assert.ok(later.has(`annals_engine_${line}`), line);
});

test('what waits is counted to its end, page by page', async () => {
  const all = Array.from({ length: 7 }, (_, at) => ({ id: `${at}`, document: {}, cursor: `${at}` }));
  for (const length of [0, 1, 3, 6, 7]) {
    const views = {
      async find(_view: string, { limit, after }: { readonly limit: number; readonly after?: string }) {
        const from = after === undefined ? 0 : Number(after) + 1;
        const items = all.slice(0, length).slice(from, from + limit);
        return { items, more: from + items.length < length, mayMiss: false };
      },
    };
    assert.equal(await countOf(views, 'notices', { status: 'waiting' }, 3), length);
  }
});
