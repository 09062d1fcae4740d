import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { exchange, healthOf, openWallet, signIn } from '#test/support/customer.ts';
import { startHere } from '#test/support/embedded.ts';
import { until } from '#test/support/until.ts';
import type { OwnServer } from './mongo-server.ts';
import { ownMongodbFor } from './servers.ts';

// A platform whose read models are in MongoDB, while there is no MongoDB.

const OUTAGE_MS = 3_000;
const server = await ownMongodbFor('an outage of MongoDB');
after(() => server?.end());

/** Everybody whose wallet is opened, as an investigator follows it from the beginning. */
function openedAt(url: string, authorization: string) {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: { authorization },
  });
  after(() => client.dispose());
  const streams: string[] = [];
  let ended: unknown;
  const query = 'subscription { events(types: ["WalletOpened"]) { event { stream } } }';
  void (async () => {
    for await (const { data, errors } of client.iterate<{ events: { event: { stream: string } | null } }>({
      query,
    })) {
      if (errors) throw new AggregateError(errors);
      if (data?.events.event) streams.push(data.events.event.stream);
    }
  })().catch((error: unknown) => {
    ended = error;
  });
  return { streams, ended: () => ended };
}

async function outage(gone: OwnServer): Promise<void> {
  const platform = await startHere({ READ_STORE: gone.url });
  const { url } = platform;
  const investigator = await signIn(url, 'ivy', ['investigator']);
  const feed = openedAt(url, investigator.authorization);
  let count = 0;
  const people: { readonly name: string; readonly token: string }[] = [];
  /** Somebody new, whose wallet is opened. */
  async function another(): Promise<void> {
    count += 1;
    const name = `ann${count}`;
    const { status, body } = await openWallet(await signIn(url, name, ['bidder']), `open-${name}`);
    assert.equal(status, 200, JSON.stringify(body));
    people.push({ name, token: String(body.token) });
  }
  const metric = async (name: string): Promise<number> => {
    const { body } = await exchange(`${url}/metrics`);
    return Number(
      body
        .split('\n')
        .find((line) => line.startsWith(name))
        ?.split(' ')
        .at(-1),
    );
  };
  const handled = () => metric('annals_consumer_events_handled{consumer="view:wallets');
  const readStore = async () => (await healthOf(url)).components['read-store'];
  const told = (name: string) => feed.streams.some((stream) => stream.includes(name));

  await another();
  await until(async () => (await handled()) > 0 && told('ann1'), 'the view and the feed run');
  gone.signal('SIGKILL');
  const before = await handled();
  const over = performance.now() + OUTAGE_MS;
  for (; performance.now() < over || count < 6; await pause(100)) await another();
  const during = people.at(-1)?.name ?? '';
  await until(() => told(during), 'the feed goes on');
  await until(async () => (await readStore())?.ready === false, 'health is red');
  assert.match((await readStore())?.detail ?? '', /; down since it failed at /);
  assert.equal(await metric('annals_engine_up{engine="read-store"'), 0);
  assert.equal(await metric('annals_engine_up{engine="event-store"'), 1);
  assert.equal(await handled(), before, 'nothing is read while there is nowhere to put it: the lag rises');
  await gone.start();
  await another();
  await until(async () => (await healthOf(url)).status === 'ready', 'all of it is well again');
  assert.match((await readStore())?.detail ?? '', /; up again, failed at /);
  assert.ok((await metric('annals_engine_errors{engine="read-store"')) > 0);
  for (const { name, token } of people) {
    const query = `{ wallet(currency: "USD", atLeast: "${token}") { available } }`;
    const { body } = await until(async () => {
      const answer = await (await signIn(url, name, ['bidder'])).query(query);
      return !JSON.stringify(answer.body).includes('"behind"') && answer;
    }, `the lag drains: ${name}`);
    assert.deepEqual(body, { data: { wallet: { available: '0' } } }, name);
  }
  await until(() => people.every(({ name }) => told(name)), 'everybody is told of');
  assert.equal(feed.streams.length, people.length, 'nobody twice');
  assert.equal(feed.ended(), undefined);
  await platform.stop();
}

if (server !== undefined)
  test('MongoDB gone for three seconds: commands and feeds go on, the lag rises and drains, nothing is lost', () =>
    outage(server));
