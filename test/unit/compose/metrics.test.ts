import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import express from 'express';
import { metrics } from '#compose/metrics.ts';
import type { ConsumerStatus } from '#domain/kernel/ports/consumer.ts';

test('/metrics tells of the queues and of every consumer, as they are when it is asked', async (t) => {
  let parkedKeys = 0;
  const consumer = (): ConsumerStatus => ({
    name: 'view:auctions@1.1',
    state: 'live',
    position: 7n,
    parkedKeys,
    handled: 42,
    problem: undefined,
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
    noticesWaiting: async () => 3,
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
  assert.match(before, /^annals_commands_queued 2$/m);
  assert.match(before, /^annals_consumer_running\{consumer="view:auctions@1\.1",state="live"\} 1$/m);
  assert.match(before, /^annals_consumer_parked_keys\{consumer="view:auctions@1\.1"\} 0$/m);
  assert.match(before, /^process_cpu_seconds_total /m);
  parkedKeys = 2;
  assert.match(await read(), /^annals_consumer_parked_keys\{consumer="view:auctions@1\.1"\} 2$/m);
});
