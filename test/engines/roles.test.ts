import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ask, type Customer, customerAt, healthOf } from '#test/support/customer.ts';
import { type Inhabited, inhabit } from '#test/support/inhabited.ts';
import { connect, follow, type Item } from '../support/clients/graphql-ws.ts';
import { type Roles, startRoles } from './role-processes.ts';
import { freshAddresses, sharedServersFor } from './servers.ts';

// One platform whose roles are processes of their own, before real servers.

const servers = await sharedServersFor('roles in processes of their own');

const dollars = (amount: string) => ({ amount, currency: 'USD' });
const BID = `mutation ($id: ID, $maximum: PositiveMoneyInput!) {
  placeBid(commandId: $id, auctionId: "open-1", maximum: $maximum) {
    __typename ... on Accepted { position leads } ... on Rejection { code } ... on Unavailable { retryAfterMs }
  }
}`;
type Told = { readonly __typename: string; readonly code?: string; readonly position?: string };

/** As a client does it: under the same id again where the entrance has just sent it to a replica that is gone. */
async function bid(who: Customer, amount: string, id: string = randomUUID()): Promise<Told> {
  for (let tries = 1; ; tries += 1) {
    const { body } = await who.query(BID, { id, maximum: dollars(amount) });
    const { data, code } = body as { readonly data?: { readonly placeBid: Told }; readonly code?: string };
    if (data !== undefined) return data.placeBid;
    if (code !== 'unavailable' || tries === 20) return assert.fail(JSON.stringify(body));
    await pause(100);
  }
}

const AUCTION = `query ($at: Token) { auction(auctionId: "open-1", atLeast: $at) { bids price { amount } } }`;
async function auctionAt(url: string, authorization: string, at: string | undefined) {
  const { body } = await customerAt(url, authorization).query(AUCTION, { at });
  const { data } = body as { readonly data?: { readonly auction: { readonly bids: number } } };
  return data?.auction ?? assert.fail(JSON.stringify(body));
}

/** Everything that a client is told, over every socket that it has to open for it. */
function followed(url: string, token: string) {
  const items: Item[] = [];
  const client = connect(`${url.replace('http', 'ws')}/graphql`, () => token);
  const over = new AbortController();
  const running = (async () => {
    for await (const item of follow(client, 'open-1', over.signal, 100)) items.push(item);
  })();
  // Told at the end.
  running.catch(() => undefined);
  return {
    items,
    async until(bids: number) {
      for (const end = Date.now() + 20_000; Date.now() < end; await pause(20))
        if ((items.at(-1)?.auction.bids ?? -1) >= bids) return;
      assert.fail(`of ${bids} bids the feed has told ${items.at(-1)?.auction.bids}`);
    },
    async end() {
      over.abort();
      await client.dispose();
      await running;
    },
  };
}

const bare = (authorization: string): string => authorization.replace('Bearer ', '');

async function movedBy(url: string, ms: number): Promise<number> {
  const { now } = (await (await fetch(`${url}/dev/clock`)).json()) as { readonly now: string };
  const to = new Date(Date.parse(now) + ms).toISOString();
  const began = Date.now();
  const { status, body } = await ask(`${url}/dev/clock`, { to });
  assert.deepEqual([status, body.now], [200, to]);
  return Date.now() - began;
}

let roles: Roles | undefined;
after(async () => {
  await roles?.stop();
  await servers?.end();
});
if (servers !== undefined) {
  roles = await startRoles({ ...freshAddresses(servers), environment: { CLOCK: 'simulated' } });
  const { entrance } = roles;
  const here = await inhabit(entrance.url);
  const [ann, bob] = ['ann', 'bob'].map((name) =>
    customerAt(entrance.url, here.sessions[name as 'ann' | 'bob'].authorization),
  ) as [Customer, Customer];
  story(roles, here, ann, bob);
}

function story(roles: Roles, here: Inhabited, ann: Customer, bob: Customer): void {
  const { entrance, processes } = roles;
  const replicas = ['read-api-1', 'read-api-2'].map((name) => processes[name]?.url ?? '');
  let bids = 0;

  test('every process is ready, and tells of what it has alone', async () => {
    const healths = await Promise.all(Object.values(processes).map(({ url }) => healthOf(url)));
    for (const { status } of healths) assert.equal(status, 'ready');
    const parts = healths.map(({ components }) => Object.keys(components));
    assert.ok(parts.some((names) => names.includes('sagas') && !names.includes('projections')));
    assert.ok(parts.some((names) => names.includes('projections') && !names.includes('sagas')));
    for (const url of replicas) assert.ok(entrance.given(url) > 0, url);
  });

  test('what was written is read in whichever replica, by its token', async () => {
    const { position } = await bid(ann, '10000');
    bids += 1;
    assert.ok(position !== undefined);
    for (const url of replicas) assert.equal((await auctionAt(url, ann.authorization, position)).bids, bids);
  });

  test('a feed that changes the replica has no gap and nothing twice', async (t) => {
    const feed = followed(entrance.url, bare(here.sessions.ida.authorization));
    t.after(feed.end);
    await feed.until(bids);
    for (const name of ['read-api-1', 'read-api-2']) {
      await roles.kill(name);
      for (const who of [bob, ann]) {
        bids += 1;
        const { code } = await bid(who, String(10_000 + bids * 1_000));
        assert.equal(code, undefined);
      }
      await feed.until(bids);
      await roles.restart(name);
    }
    for (const [at, { after }] of feed.items.entries())
      if (at > 0) assert.equal(after, feed.items[at - 1]?.position, `item ${at}`);
    const told = feed.items.map(({ auction }) => auction.bids);
    assert.deepEqual(
      told,
      told.toSorted((a, b) => a - b),
    );
  });

  test('the clock moves on without a role that hangs, or dies on the way, and all are at one moment again', async () => {
    roles.freeze('projections-1');
    await movedBy(entrance.url, 1_000);
    roles.thaw('projections-1');
    const moving = movedBy(entrance.url, 60_000);
    await roles.kill('read-api-2');
    await moving;
    await roles.restart('read-api-2');
    await movedBy(entrance.url, 1_000);
    assert.equal((await auctionAt(replicas[1] ?? '', ann.authorization, undefined)).bids, bids);
  });

  test('while the write side is away commands are told to come again, and the same id is decided once', async () => {
    await roles.kill('write-side');
    const id = randomUUID();
    const amount = String(100_000);
    const { code } = await bid(bob, amount, id);
    assert.equal(code, 'unavailable');
    assert.equal((await auctionAt(replicas[0] ?? '', ann.authorization, undefined)).bids, bids);
    await roles.restart('write-side');
    const answers = [await bid(bob, amount, id), await bid(bob, amount, id)];
    bids += 1;
    assert.deepEqual(
      answers.map(({ __typename }) => __typename),
      ['Accepted', 'Accepted'],
    );
    const { position } = answers[1] ?? {};
    assert.equal((await auctionAt(replicas[1] ?? '', ann.authorization, position)).bids, bids);
  });

  test('projections that are killed are gone on with by their replica', async () => {
    await roles.kill('projections-1');
    await roles.kill('projections-2');
    const { position } = await bid(ann, '300000');
    bids += 1;
    await roles.restart('projections-2');
    for (const end = Date.now() + 20_000; Date.now() < end; await pause(200)) {
      const { body } = await customerAt(replicas[0] ?? '', ann.authorization).query(AUCTION, {
        at: position,
      });
      if ((body as { readonly data?: unknown }).data) break;
    }
    assert.equal((await auctionAt(replicas[0] ?? '', ann.authorization, position)).bids, bids);
    await roles.restart('projections-1');
  });
}
