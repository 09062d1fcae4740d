import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { boot, dataFolder, quickly } from '#test/support/booted.ts';
import { type Customer, healthOf, signIn } from '#test/support/customer.ts';
import { until } from '#test/support/until.ts';

// A stop as those outside meet it: a balancer that asks for health, customers who go on sending commands, somebody who follows the
// history. The order in which they are told is what counts.

const SLOW = quickly({ options: ['--import', join(import.meta.dirname, 'slow-history.ts')] });
const PEOPLE = 60;
/** Between commands, in milliseconds: an append lasts as long as twenty of them. */
const EVERY_MS = 50;

type Happened = 'unready' | 'taken' | 'refused' | 'feed ended' | 'socket closed';

/** Follows the wallets that are opened; says whose, and how it ends. */
async function follow(url: string, { authorization }: Customer, happened: Happened[]) {
  const opened = new Set<string>();
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  let reason = '';
  socket.on('message', (data) => {
    const { type, payload } = JSON.parse(String(data)) as { type: string; payload: unknown };
    const text = JSON.stringify(payload);
    for (const [, stream] of text?.matchAll(/"stream":"wallet-([^":]+)/g) ?? []) opened.add(stream ?? '');
    if (type !== 'next' && type !== 'error' && type !== 'complete') return;
    if (type === 'next' && !text.includes('"errors"')) return;
    if (reason === '') happened.push('feed ended');
    reason += text ?? '';
  });
  const closed = once(socket, 'close').then(([code]) => {
    happened.push('socket closed');
    return code as number;
  });
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } }));
  await once(socket, 'message');
  const query = 'subscription { events(types: ["WalletOpened"]) { event { stream } } }';
  socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query } }));
  return { opened, closed, reason: () => reason };
}

test('a stop says that it is not ready, then takes nothing new, then ends the feeds, and then the process', async () => {
  const platform = boot({ DATA_DIR: await dataFolder(), SHUTDOWN_DELAY_MS: '1500' }, SLOW);
  const url = await platform.address();
  const people = await Promise.all(
    Array.from({ length: PEOPLE }, (_, at) => signIn(url, `person-${at}`, ['bidder'])),
  );
  const happened: Happened[] = [];
  const feed = await follow(url, await signIn(url, 'ines', ['investigator']), happened);

  platform.kill('SIGTERM');
  await until(async () => (await healthOf(url)).status === 'closing', 'a balancer is told');
  assert.equal((await healthOf(url)).httpStatus, 503);
  happened.push('unready');

  const taken = new Set<string>();
  const asking = people.map(async ({ authorization }, at) => {
    await pause(at * EVERY_MS);
    const answer = await fetch(`${url}/commands/wallets/open-wallet`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: '{"currency":"USD"}',
    }).catch(() => undefined);
    if (answer === undefined) return;
    const { outcome, code } = (await answer.json()) as { outcome?: string; code?: string };
    if (outcome === 'accepted') {
      taken.add(`person-${at}`);
      happened.push('taken');
    } else {
      assert.deepEqual([answer.status, code], [503, 'unavailable']);
      assert.equal(answer.headers.get('connection'), 'close', 'whoever asks again asks elsewhere');
      happened.push('refused');
    }
  });
  await Promise.all(asking);
  assert.equal(await feed.closed, 1001);
  assert.equal(await platform.exited, 0, platform.output());

  const first = (what: Happened) => happened.indexOf(what);
  assert.ok(taken.size > 0, 'work is taken while the balancer has not looked elsewhere yet');
  assert.ok(first('unready') < first('refused'), 'nobody is refused before');
  assert.ok(
    first('refused') < first('feed ended'),
    `the feeds go on until nothing is under way: ${happened}`,
  );
  assert.deepEqual([...feed.opened].sort(), [...taken].sort(), 'and are told of all that was taken');
  assert.match(feed.reason(), /"unavailable"/);
  assert.ok(first('feed ended') < first('socket closed'));
});

test('a second signal does not wait', async () => {
  const platform = boot({ DATA_DIR: await dataFolder(), SHUTDOWN_DELAY_MS: '600000' }, quickly());
  const url = await platform.address();
  platform.kill('SIGTERM');
  await until(async () => (await healthOf(url)).status === 'closing', 'it has begun to stop');
  platform.kill('SIGTERM');
  assert.equal(await platform.exited, 70, platform.output());
});
