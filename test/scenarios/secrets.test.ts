import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildClientSchema, getIntrospectionQuery, type IntrospectionQuery } from 'graphql';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { z } from 'zod';
import type { Session } from '#demo/api.ts';
import { laterBy, platformClock } from '#demo/clock.ts';
import { readLimits } from '#read-api/limits.ts';
import { annsSession, system } from '../support/accounts-before.ts';
import { everybody, type Person } from '../support/inhabited.ts';
import { amount, givenPlanted, odd, secrets } from '../support/planted.ts';
import { type Candidates, everyDocument } from '../support/schema-walk.ts';

// Who may not see a secret does not see it, by any path, and cannot work it out from anything else they are shown. Everybody
// asks for everything there is; what the price tells by the rules of proxy bidding is not secret (docs/secrets.md).

const planted = await givenPlanted();
const { inhabited, ask, payment } = planted;
const { sessions, url } = inhabited;
const introspected = JSON.parse(await ask(getIntrospectionQuery())) as { data: IntrospectionQuery };
const schema = buildClientSchema(introspected.data);
const { now: position } = (JSON.parse(await ask('{ now }')) as { data: { now: string } }).data;

const literals = (...values: readonly string[]) => values.map((value) => JSON.stringify(value));
/** Everything of a kind that one answer names. */
const named = (field: string, text: string): readonly string[] =>
  [...text.matchAll(new RegExp(`"${field}":"([^"]+)"`, 'g'))].map(([, value]) => value ?? '');
const bidsOfAnn = named('bidId', await ask('{ myBids { edges { node { bidId } } } }', sessions.ann));
/** Of secret things, as their owners are told them. */
const globalIds = [
  ...named('id', await ask('{ myBids { edges { node { id } } } }', sessions.ann)),
  ...named('id', await ask('{ holds(currency: "USD") { edges { node { id } } } }', sessions.ann)),
  ...named('id', await ask('{ wallet(currency: "USD") { id } }', sessions.ann)),
  ...named('id', await ask(`{ payment(paymentId: "${payment.id}") { id } }`, sessions.bob)),
  ...named('id', await ask('{ lot(lotId: "odd-3") { id } }')),
];
const candidates: Candidates = {
  auctionId: literals(...odd, 'sold-1'),
  saleId: literals('odd'),
  lotId: literals(...odd),
  paymentId: literals(payment.id, inhabited.payments[0] ?? ''),
  person: literals('ann', 'bob', 'sam'),
  currency: literals('USD'),
  bidId: literals(...bidsOfAnn.slice(0, 3)),
  holdId: literals(...odd),
  waitingId: literals('0198c0de-0000-8000-8000-000000000001'),
  revision: ['3', '4', '5'],
  session: literals(annsSession),
  client: literals(system),
  owner: ['platform', 'provider'],
  account: literals('fees', 'simulated'),
  id: literals(globalIds[0] ?? '', globalIds.at(-1) ?? ''),
  ids: [JSON.stringify(globalIds)],
  movement: literals(inhabited.payments[0] ?? ''),
  stream: literals(
    ...['auction-odd-1', 'auction-odd-3', 'participant-odd-1:ann', 'participant-odd-2:cyd', 'lot-odd-3'],
    ...['wallet-ann:USD', `payment-${payment.id}`, `saga-top-up-expiry-${payment.id}`],
  ),
  streams: ['participant-', 'auction-odd', 'wallet-ann', 'payment-', 'saga-'].map((name) => `["${name}"]`),
};
const queries = everyDocument(schema, 'query', candidates, position);
const subscriptions = everyDocument(schema, 'subscription', candidates, position);

const socketOf = (by: Session | undefined) =>
  createClient({
    ...{ url: `${url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0 },
    ...(by && { connectionParams: { authorization: by.authorization } }),
  });

/** The first items of a feed, as many as there are of the past, or its last answer. */
async function itemsOf(query: string, by: Session | undefined, most = 40): Promise<string> {
  const client = socketOf(by);
  const items: string[] = [];
  try {
    for await (const item of client.iterate({ query })) {
      const text = JSON.stringify(item);
      items.push(text);
      // An auction is told as it is; of entries one without any says that the present is reached.
      const isLast = text.includes('"auctionFeed"') || text.includes(':null}}') || items.length === most;
      if (isLast || 'errors' in item) break;
    }
  } catch (refused) {
    items.push(JSON.stringify(refused));
  } finally {
    await client.dispose();
  }
  return items.join('\n');
}

/** Commands that change nothing here, with data that leads to every kind of no. */
const commands: readonly (readonly [path: string, data: object])[] = [
  ...[...odd, 'sold-1', 'none'].flatMap((auctionId) => [
    ['auctions/join-auction', { auctionId }] as const,
    ['auctions/place-bid', { auctionId, maximum: amount('101') }] as const,
    ['auctions/place-bid', { auctionId, maximum: { amount: '101', currency: 'EUR' } }] as const,
    ['auctions/open-auction', { auctionId }] as const,
  ]),
  ['auctions/withdraw-lot', { lotId: 'odd-3', cause: 'rain' }],
  ['auctions/cancel-auction', { auctionId: 'sold-1', cause: 'rain' }],
  ['wallets/withdraw', amount('9000000000000')],
  ['wallets/transfer', { to: 'ann', ...amount('9000000000000') }],
  ['wallets/close-wallet', { currency: 'USD' }],
];
const mutation = `mutation { placeBid(auctionId: "odd-1", maximum: { amount: "101", currency: "USD" }) {
  __typename ... on Rejection { code message } ... on BidTooLow { price { amount } smallestBid { amount } }
} }`;

async function rest(path: string, by: Session | undefined, data?: object): Promise<string> {
  const headers = { 'content-type': 'application/json', ...(by && { authorization: by.authorization }) };
  const init = data === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(data) };
  return (await fetch(url + path, init)).text();
}

const answers = new Map<string, Promise<readonly string[]>>();
/** Every answer that somebody can get. */
function answersTo(who: Person | 'anybody'): Promise<readonly string[]> {
  const by = who === 'anybody' ? undefined : sessions[who];
  const collect = async (): Promise<readonly string[]> => {
    const texts: string[] = [];
    for (const { query } of queries) texts.push(await ask(query, by));
    for (const { query } of subscriptions) texts.push(await itemsOf(query, by));
    for (const [path, data] of commands) texts.push(await rest(`/commands/${path}`, by, data));
    texts.push(await ask(mutation, by));
    for (const path of ['/metrics', '/docs', '/openapi.json', '/asyncapi.json', '/health/ready', '/nowhere'])
      texts.push(await rest(path, by));
    return texts;
  };
  const known = answers.get(who) ?? collect();
  answers.set(who, known);
  return known;
}

/** The amounts in an answer: amounts travel as text. */
function amountsIn(value: unknown, found: Set<bigint>): void {
  if (typeof value === 'string' && /^-?\d{1,18}$/.test(value)) found.add(BigInt(value));
  else if (typeof value === 'object' && value !== null)
    for (const part of Object.values(value)) amountsIn(part, found);
}
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const holds = (text: string, minor: bigint): boolean => new RegExp(`(?<!\\w)${minor}(?!\\w)`).test(text);
const everyone = ['anybody', ...everybody] as const;
const overseers: readonly string[] = ['ida', 'ines'];

for (const who of everyone)
  test(`${who} is shown no secret that is not theirs, and can work none out`, async () => {
    const texts = await answersTo(who);
    const seen = new Set<bigint>();
    for (const text of texts.flatMap((each) => each.split('\n'))) amountsIn(parsed(text), seen);
    for (const { what, amounts, knownTo } of secrets) {
      const may = overseers.includes(who) || knownTo.some((person) => person === who);
      if (may) {
        // What nobody is shown would prove nothing about the others.
        assert.ok(
          texts.some((text) => amounts[0] !== undefined && holds(text, amounts[0])),
          `${what} is seen`,
        );
        continue;
      }
      for (const hidden of amounts) {
        const told = texts.find((text) => holds(text, hidden));
        assert.equal(told, undefined, `${what}: ${hidden}`);
        for (const one of seen)
          assert.ok(
            !seen.has(hidden - one) && !seen.has(one - hidden) && !seen.has(one + hidden),
            `${what}: ${hidden} from ${one} and another`,
          );
      }
    }
  });

test('whoever asks for everything meets enough of it to prove something', async () => {
  assert.ok(queries.length > 40 && subscriptions.length > 5);
  const texts = await answersTo('ann');
  assert.ok(texts.some((text) => text.includes('"actionUrl"')));
  // Whoever is refused is told why; nothing was asked in a way that nobody would be answered.
  const Failed = z.object({ errors: z.array(z.object({ extensions: z.object({ code: z.string() }) })) });
  const codes = texts.flatMap((text) =>
    (Failed.safeParse(parsed(text)).data?.errors ?? []).map(({ extensions }) => extensions.code),
  );
  assert.deepEqual([...new Set(codes)], ['forbidden']);
});

test('where a payment is confirmed is told to its payer alone, whoever else asks', async () => {
  assert.ok((await answersTo('bob')).some((text) => text.includes(payment.address)));
  for (const who of everyone)
    if (who !== 'bob')
      assert.equal(
        (await answersTo(who)).find((text) => text.includes(payment.address)),
        undefined,
        who,
      );
  const both = await planted.signIn('eve', 'admin', 'auditor', 'investigator', 'auctioneer', 'clerk');
  for (const { query } of queries) assert.ok(!(await ask(query, both)).includes(payment.address), query);
  for (const { query } of subscriptions) assert.ok(!(await itemsOf(query, both)).includes(payment.address));
});

test('the log knows neither', async () => {
  await Promise.all(everyone.map((who) => answersTo(who)));
  const log = planted.logged();
  assert.ok(!log.includes(payment.address));
  for (const { amounts, what } of secrets)
    for (const hidden of amounts) assert.ok(!holds(log, hidden), `${what}: ${hidden}`);
});

// Whoever was shown anything by a role has read, and what they have read they may not act on.

const strangers = { count: 0 };
/** A person nobody has seen before, with a token as a bidder and one that oversees. */
async function someoneNew(...roles: readonly string[]) {
  strangers.count += 1;
  const person = `reader-${strangers.count}`;
  return { asBidder: await planted.signIn(person, 'bidder'), byRole: await planted.signIn(person, ...roles) };
}
const bidBy = (by: Session, auctionId: string = odd[0]) =>
  planted.send('auctions/place-bid', { auctionId, maximum: amount('600000011') }, by);

test('whatever an overseer is shown that others are not is recorded: whoever saw it cannot bid, with any token', async () => {
  const read = new Set<string>();
  for (const { name, query } of queries) {
    const { asBidder, byRole } = await someoneNew('auditor', 'investigator');
    const same = (await ask(query, asBidder)) === (await ask(query, byRole));
    const bid = await bidBy(asBidder);
    // Who saw no more than others may bid, and is only told to join first.
    assert.ok(bid === 'has_read_secrets' || (same && bid === 'not_joined'), `${query}: ${bid}`);
    if (bid === 'has_read_secrets') read.add(name);
  }
  const { queryType } = introspected.data.__schema;
  const forOverseers = introspected.data.__schema.types
    .flatMap((type) => (type.kind === 'OBJECT' && type.name === queryType.name ? type.fields : []))
    .filter(({ description, args }) =>
      [description, ...args.map((arg) => arg.description)].some((text) => /auditor/.test(text ?? '')),
    );
  for (const { name } of forOverseers) assert.ok(read.has(name), name);
  for (const name of ['allEvents', 'streamEvents', 'ledger', 'clearing', 'clearingOpen', 'platformAccounts'])
    assert.ok(read.has(name), name);
  for (const name of [
    'wallet',
    'wallets',
    'holds',
    'statement',
    'payment',
    'payments',
    'settlement',
    'views',
  ])
    assert.ok(read.has(name), name);
  for (const name of ['auction', 'auctions', 'lot', 'lots', 'bid', 'node', 'nodes'])
    assert.ok(read.has(name), `${name}: marked fields`);
  for (const name of ['now', 'rejections', 'sales', 'sale', 'myBids']) assert.ok(!read.has(name), name);
});

test('a feed of others’ events is read like a page of them', async () => {
  for (const { name, query } of subscriptions) {
    const { asBidder, byRole } = await someoneNew('investigator');
    const same = (await itemsOf(query, asBidder, 5)) === (await itemsOf(query, byRole, 5));
    const bid = await bidBy(asBidder);
    assert.ok(bid === 'has_read_secrets' || (same && bid === 'not_joined'), `${query}: ${bid}`);
    if (name === 'events') assert.equal(bid, 'has_read_secrets');
  }
});

test('staff who have seen reserves do not bid where there is one, with any token', async () => {
  for (const role of ['auctioneer', 'clerk']) {
    const { asBidder, byRole } = await someoneNew(role);
    assert.match(await ask('{ lots { edges { node { id reserve { amount } } } } }', byRole), /867530911/);
    assert.equal(await bidBy(asBidder, 'odd-3'), 'has_read_secrets');
    assert.equal(
      await planted.send('auctions/join-auction', { auctionId: 'odd-3' }, asBidder),
      'has_read_secrets',
    );
    assert.equal(await bidBy(asBidder, 'odd-1'), 'not_joined', 'there is none to know');
  }
});

test('a token that oversees bids nowhere, and who has read calls nothing off', async () => {
  for (const role of ['auditor', 'investigator']) {
    const { asBidder } = await someoneNew('bidder');
    const both = await planted.signIn(asBidder.person, 'bidder', role);
    assert.equal(await bidBy(both), 'staff_may_not_bid');
    assert.equal(await bidBy(asBidder), 'not_joined', 'they have read nothing');
  }
  const { byRole } = await someoneNew('auctioneer', 'auditor');
  assert.match(await ask('{ ledger(currency: "USD") { held } }', byRole), /"held":"\d+"/);
  const cancel = { auctionId: 'odd-2', cause: 'too little bid' };
  assert.equal(await planted.send('auctions/cancel-auction', cancel, byRole), 'has_read_secrets');
});

test('what opens after a reading is free to whoever read', async () => {
  const { asBidder, byRole } = await someoneNew('auditor');
  await ask('{ ledger(currency: "USD") { held } }', byRole);
  assert.equal(await bidBy(asBidder, 'odd-1'), 'has_read_secrets');
  const clock = platformClock(inhabited.api);
  await clock.moveTo(laterBy(await clock.now(), 2 * readLimits.readingLeaseMs));
  assert.equal(
    await planted.send('auctions/open-auction', { auctionId: 'later-1' }, sessions.sam),
    'accepted',
  );
  assert.equal(await planted.send('auctions/join-auction', { auctionId: 'later-1' }, asBidder), 'accepted');
  assert.equal(
    await bidBy(asBidder, 'later-1'),
    'bid_not_funded',
    'they have no wallet, and no other hindrance',
  );
  assert.equal(await bidBy(asBidder, 'odd-1'), 'has_read_secrets', 'it stays so');
});
