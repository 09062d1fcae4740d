import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getNamedType, isCompositeType, isRequiredArgument } from 'graphql';
import { operations, registry } from '#compose/contexts.ts';
import type { Role } from '#domain/kernel/actor.ts';
import { nodeQueries } from '#read-api/node.ts';
import type { QueryDeclaration, SubscriptionDeclaration } from '#read-api/operation.ts';
import { isOwn, isSellersOwn } from '#read-api/schema/authorization-page.ts';
import { executableSchema, schemaDocument } from '#read-api/schema/document.ts';
import { commandPaths } from '#write-side/rest/paths.ts';
import { ask, JSON_TYPE } from '../support/customer.ts';
import { startHere } from '../support/embedded.ts';
import { everybody, inhabit, type Person, people } from '../support/inhabited.ts';

// Every command, query and feed, asked as nobody and as everybody, about their own things and about others': what docs/authorization.md
// says of it is what is answered.

const { url } = await startHere({ CLOCK: 'simulated' });
const { sessions, payments, places } = await inhabit(url);
const schema = executableSchema(schemaDocument(registry, operations));

type Asker = Person | 'nobody';
const askers: readonly Asker[] = ['nobody', ...everybody];
const rolesOf = (who: Asker): readonly Role[] => (who === 'nobody' ? [] : people[who]);
const has = (who: Asker, roles: 'member' | readonly Role[]) =>
  roles === 'member' ? who !== 'nobody' : rolesOf(who).some((role) => roles.includes(role));
const headersOf = (who: Asker): Record<string, string> =>
  who === 'nobody' ? {} : { authorization: sessions[who].authorization };

interface Answer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
}
const graphql = async (who: Asker, query: string, headers = headersOf(who)): Promise<Answer> =>
  (await ask(`${url}/graphql`, { query }, headers)).body as Answer;
/** As somebody whose token does not say that they have proven just before who they are. */
async function notSteppedUp(who: Person): Promise<Record<string, string>> {
  const asked = { sub: who, roles: people[who], steppedUp: false };
  const { body } = await ask(`${url}/dev/tokens`, asked, {});
  return { authorization: `Bearer ${String(body.token)}` };
}

/** One of an enumeration. */
class Word {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toJSON(): string {
    return this.text;
  }
}
/** As GraphQL writes a value. */
function literal(value: unknown): string {
  if (value instanceof Word) return value.text;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([name, inside]) => `${name}: ${literal(inside)}`)
    .join(', ')} }`;
}
const argumentsOf = (data: object): string =>
  Object.keys(data).length === 0
    ? ''
    : `(${Object.entries(data)
        .map(([name, value]) => `${name}: ${literal(value)}`)
        .join(', ')})`;

// Commands.

const NO_NOTICE = '00000000-0000-0000-0000-000000000000';
const money = { amount: '100', currency: 'USD' };
const texts = { title: 'A thing', description: '', categories: ['watches'], pictures: [] };
const values = { estimateLow: money, estimateHigh: money, openingBid: money };
const moments = { opensAt: '2030-01-01T00:00:00.000Z', endsAt: '2030-01-02T00:00:00.000Z' };
const tiers = [{ rateBasisPoints: 100 }];
/** Each fits its schema, and is about nothing that there is. */
const examples: Readonly<Record<string, object>> = {
  ScheduleSale: {
    saleId: 'spring',
    title: 'A',
    description: '',
    currency: 'USD',
    premium: tiers,
    commission: tiers,
    ladderVersion: 1,
  },
  PublishSale: { saleId: 'none' },
  CloseSale: { saleId: 'none' },
  CancelSale: { saleId: 'none', cause: 'none' },
  ConsignLot: { lotId: 'lot-1', ...texts, ...values },
  AmendLot: { lotId: 'none', ...texts, ...values },
  WithdrawLot: { lotId: 'none', cause: 'none' },
  ScheduleAuction: { auctionId: 'none', lotId: 'none', saleId: 'none', ...moments },
  OpenAuction: { auctionId: 'none' },
  CancelAuction: { auctionId: 'none', cause: 'none' },
  JoinAuction: { auctionId: 'none' },
  PlaceBid: { auctionId: 'none', maximum: money },
  OpenWallet: { currency: 'XXX' },
  CloseWallet: { currency: 'JPY' },
  RequestTopUp: { amount: '1', currency: 'JPY' },
  Transfer: { to: 'bob', amount: '1', currency: 'JPY' },
  Withdraw: { amount: '1', currency: 'JPY' },
  WriteOffDebt: { person: 'none', currency: 'JPY', cause: 'none' },
  ClaimMoney: { currency: 'JPY', amount: '1' },
  PayOutUnclaimed: { person: 'none', currency: 'JPY', amount: '1' },
  HandleNotice: { waitingId: NO_NOTICE, note: 'none' },
  LockAccount: { person: 'none', cause: 'none' },
  UnlockAccount: { person: 'none', cause: 'none' },
  CloseAccount: { forGood: true },
  EraseMe: { forGood: true },
  ErasePerson: { person: 'none', cause: new Word('asked') },
  GrantRole: { person: 'none', role: new Word('bidder') },
  WithdrawRole: { person: 'none', role: new Word('bidder') },
  CreateProfile: { name: 'A', address: '' },
  ChangeProfile: { name: 'A', address: '' },
  EndSession: { session: 'none' },
  EndAllSessions: { everywhere: true },
  RemoveClient: { client: 'none' },
};

const mutationOf = (type: string) => `${type[0]?.toLowerCase()}${type.slice(1)}`;
/** The code that a command gets by each way; undefined: it was accepted. */
async function codes(
  who: Asker,
  path: string,
  type: string,
  data: object,
  headers = headersOf(who),
): Promise<readonly unknown[]> {
  const byRest = await ask(`${url}${path}`, data, headers);
  const name = mutationOf(type);
  const mutation = `mutation { ${name}${argumentsOf(data)} { __typename ... on Rejection { code } } }`;
  const { data: told, errors } = await graphql(who, mutation, headers);
  const result = told?.[name] as { readonly code?: string } | null | undefined;
  return [byRest.body.code, result?.code ?? errors?.[0]?.extensions.code];
}

const commands = commandPaths(registry).map(({ path, command }) => ({ path, command }));
for (const { path, command } of commands)
  test(`${command.type} is taken from whoever has one of its roles, and from nobody else`, async () => {
    const { type, from } = command;
    const data = examples[type] ?? assert.fail(`${type} has no example`);
    assert.ok(from !== 'internal');
    await Promise.all(
      askers.map(async (who) => {
        const told = await codes(who, path, type, data);
        const refused = who === 'nobody' ? 'unauthenticated' : has(who, from) ? undefined : 'forbidden';
        if (refused !== undefined) return assert.deepEqual(told, [refused, refused], who);
        for (const code of told)
          assert.ok(
            !['unauthenticated', 'forbidden', 'invalid', 'step_up_required'].includes(String(code)),
            `${who}: ${code}`,
          );
      }),
    );
  });

test('what is dear is taken from nobody who has not proven just before that it is they, and all else is', async () => {
  const dear = commands.filter(({ command }) => command.stepUp);
  assert.deepEqual(
    dear.map(({ command }) => command.type),
    [
      'Transfer',
      'Withdraw',
      'UnlockAccount',
      'CloseAccount',
      'EraseMe',
      'ErasePerson',
      'GrantRole',
      'WithdrawRole',
      'RemoveClient',
    ],
  );
  for (const { path, command } of commands) {
    const who = everybody.find((person) => command.from !== 'internal' && has(person, command.from));
    assert.ok(who !== undefined, command.type);
    const told = await codes(who, path, command.type, examples[command.type] ?? {}, await notSteppedUp(who));
    for (const code of told) assert.equal(code === 'step_up_required', command.stepUp, command.type);
  }
});
test('whoever has to step up is told how, as RFC 9470 says it', async () => {
  const headers = { ...JSON_TYPE, ...(await notSteppedUp('ann')) };
  const body = JSON.stringify({ amount: '1', currency: 'JPY' });
  const { status, headers: told } = await fetch(`${url}/commands/wallets/withdraw`, {
    ...{ method: 'POST', headers, body },
  });
  assert.equal(status, 401);
  assert.equal(
    told.get('www-authenticate'),
    'Bearer realm="annals", error="insufficient_user_authentication", acr_values="urn:annals:stepped-up"',
  );
});

test('a command about one’s own names nobody: whoever would act for another is not understood', async () => {
  const own = commands.filter(({ command }) => isOwn(command));
  assert.ok(own.length >= 8);
  for (const { path, command } of own)
    for (const name of ['person', 'bidder', 'actor', 'onBehalfOf']) {
      const { body } = await ask(
        `${url}${path}`,
        { ...examples[command.type], [name]: 'bob' },
        headersOf('dan'),
      );
      assert.equal(body.code, 'invalid', `${command.type} with ${name}`);
    }
});

/** About something of Sam's that is there. */
const ofSam: Readonly<Record<string, object>> = {
  ConsignLot: { lotId: 'lot-new', consignor: 'sam', ...texts, ...values },
  AmendLot: { lotId: 'lot-free', ...texts, ...values },
  ScheduleAuction: { auctionId: 'new', lotId: 'lot-free', saleId: 'autumn', ...moments },
  OpenAuction: { auctionId: 'later-1' },
  WithdrawLot: { lotId: 'lot-free', cause: 'none' },
};
test('what is a seller’s own no other seller can touch', async () => {
  const sellers = commands.filter(({ command }) => isSellersOwn(command));
  assert.deepEqual(
    sellers.map(({ command }) => command.type).toSorted(),
    Object.keys(ofSam).toSorted(),
    'each has an example',
  );
  for (const who of ['sue', 'dan', 'sam'] as const)
    for (const [type, data] of Object.entries(ofSam)) {
      const { path } = sellers.find(({ command }) => command.type === type) ?? assert.fail(type);
      for (const code of await codes(who, path, type, data))
        assert.equal(
          /^not_your_(lot|auction)$/.test(String(code)),
          who !== 'sam',
          `${type} by ${who}: ${code}`,
        );
    }
});

// Queries and feeds.

/** What is shown at the root. @throws where nothing is */
async function rootOf<Shown>(who: Asker, name: string, text: string): Promise<Shown> {
  const { data, errors } = await graphql(who, text);
  return (data?.[name] ?? assert.fail(JSON.stringify(errors))) as Shown;
}
interface Sold {
  readonly id: string;
  readonly auctionId: string;
  readonly bidHistory: { readonly edges: readonly { readonly node: { readonly bidId: string } }[] };
}
const sold = await rootOf<Sold>(
  'nobody',
  'auction',
  '{ auction(auctionId: "sold-1") { id auctionId bidHistory(first: 1) { edges { node { bidId } } } } }',
);
async function paymentOf(who: Person): Promise<string> {
  const text = '{ payments(first: 1) { edges { node { paymentId } } } }';
  const { edges } = await rootOf<{ edges: { node: { paymentId: string } }[] }>(who, 'payments', text);
  return edges[0]?.node.paymentId ?? assert.fail(`${who} has paid nothing`);
}
const paid = { ann: await paymentOf('ann'), bob: await paymentOf('bob') };
assert.ok(payments.includes(paid.ann) && payments.includes(paid.bob));

/** What is given where something has to be. */
const given: Readonly<Record<string, unknown>> = {
  ...{
    auctionId: sold.auctionId,
    saleId: 'spring',
    lotId: 'lot-1',
    currency: 'USD',
    id: sold.id,
    ids: [sold.id],
  },
  ...{ bidId: sold.bidHistory.edges[0]?.node.bidId, paymentId: paid.ann, holdId: 'none', revision: 0 },
  ...{
    waitingId: NO_NOTICE,
    movement: 'none',
    owner: new Word('platform'),
    account: 'fees',
    session: 'none',
    client: 'none',
    stream: 'sale-spring',
  },
};
/** Whose a thing is that is asked for by its id. */
const owners: Readonly<Record<string, readonly Asker[]>> = {
  payment: ['ann'],
  settlement: ['ann', 'sam'],
  session: [],
};
/** What is one's own because nobody is named. */
const mine = ['myBids', 'sessions'];
/** What is there for whoever may ask. */
const found = ['node', 'nodes', 'auction', 'sale', 'lot', 'bid', 'streamEvents', 'allEvents', 'settlements'];

function fieldOf(root: 'Query' | 'Subscription', name: string) {
  const type = root === 'Query' ? schema.getQueryType() : schema.getSubscriptionType();
  return type?.getFields()[name] ?? assert.fail(name);
}
function textOf(root: 'Query' | 'Subscription', name: string, more: object): string {
  const field = fieldOf(root, name);
  const needed = field.args.filter(isRequiredArgument).map(({ name: of }) => [of, given[of]] as const);
  for (const [of, value] of needed) assert.notEqual(value, undefined, `${name} needs an example of ${of}`);
  const selected = isCompositeType(getNamedType(field.type)) ? ' { __typename }' : '';
  return `${name}${argumentsOf({ ...Object.fromEntries(needed), ...more })}${selected}`;
}

type Told = 'shown' | 'nothing' | 'unauthenticated' | 'forbidden';
/** What the table says of one who asks for the things of somebody. */
function expected(
  { who, whose }: QueryDeclaration | SubscriptionDeclaration,
  asker: Asker,
  owns: boolean,
  byId: boolean,
): Told {
  if (who !== 'anyone' && asker === 'nobody') return 'unauthenticated';
  if (typeof who !== 'string' && !has(asker, who)) return 'forbidden';
  if (whose === 'anybody' || whose.besides !== undefined || owns || has(asker, whose.and)) return 'shown';
  return byId ? 'nothing' : 'forbidden';
}

async function answered(asker: Asker, name: string, more: object): Promise<{ told: Told; value: unknown }> {
  const { data, errors } = await graphql(asker, `{ ${textOf('Query', name, more)} }`);
  const code = errors?.[0]?.extensions.code;
  if (code === 'unauthenticated' || code === 'forbidden') return { told: code, value: undefined };
  assert.equal(code, undefined, `${name} by ${asker}`);
  return { told: 'shown', value: data?.[name] };
}

const queries = Object.entries({
  ...nodeQueries(operations.flatMap(({ nodes }) => nodes)),
  ...Object.assign({}, ...operations.map((context) => context.queries)),
} as Record<string, QueryDeclaration>);
test('every query of the schema is asked here', () => {
  const names = Object.keys(schema.getQueryType()?.getFields() ?? {});
  assert.deepEqual(queries.map(([name]) => name).toSorted(), names.toSorted());
});

for (const [name, query] of queries)
  test(`the query ${name} is answered to whoever may ask, about whose things they may`, async () => {
    const byPerson = 'person' in query.args.shape;
    const byId = name in owners;
    if (query.whose !== 'anybody' && query.whose.besides === undefined && !mine.includes(name))
      assert.ok(byPerson || byId, 'it is said whose the example is');
    await Promise.all(
      askers.map(async (asker) => {
        const owns = byId ? (owners[name]?.includes(asker) ?? false) : true;
        const own = await answered(asker, name, byPerson && asker !== 'nobody' ? { person: asker } : {});
        const should = expected(query, asker, owns, byId);
        const told = byId && own.told === 'shown' && own.value === null ? 'nothing' : own.told;
        assert.equal(told, should, asker);
        if (should === 'shown' && found.includes(name))
          assert.ok(own.value !== null && JSON.stringify(own.value) !== '[null]', `${asker} is shown it`);
        if (!byPerson) return;
        for (const other of ['cyd', 'nobody-here'].filter((one) => one !== asker)) {
          const theirs = await answered(asker, name, { person: other });
          assert.equal(theirs.told, expected(query, asker, false, false), `${asker} about ${other}`);
        }
      }),
    );
  });

test('a payment is found by a global id by those who find it by its own, and by nobody else', async () => {
  const text = `{ payment(paymentId: "${paid.ann}") { id } }`;
  const { id } = await rootOf<{ readonly id: string }>('ann', 'payment', text);
  for (const asker of askers) {
    const { data: told } = await graphql(asker, `{ node(id: "${id}") { ... on Payment { paymentId } } }`);
    const shown = asker === 'ann' || has(asker, ['auditor', 'investigator']);
    assert.deepEqual(told?.node ?? null, shown ? { paymentId: paid.ann } : null, asker);
  }
});

test('my bids are mine, whatever my roles', async () => {
  const text = '{ myBids(first: 50) { edges { node { bidder } } } }';
  for (const asker of everybody) {
    const { edges } = await rootOf<{ edges: { node: { bidder: string } }[] }>(asker, 'myBids', text);
    assert.ok(asker !== 'ann' || edges.length > 0);
    for (const { node } of edges) assert.equal(node.bidder, asker);
  }
});

const subscriptions = operations.flatMap((context) => Object.entries(context.subscriptions));
/** The first that a feed tells. */
async function begun(asker: Asker, name: string, more: object): Promise<Told> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { ...JSON_TYPE, accept: 'text/event-stream', ...headersOf(asker) },
    body: JSON.stringify({ query: `subscription { ${textOf('Subscription', name, more)} }` }),
    signal: AbortSignal.timeout(20_000),
  });
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    if (/^data: .+\n\n/m.test(text)) break;
  }
  const [, code] = /"code":"(\w+)"/.exec(text) ?? [];
  if (code === 'unauthenticated' || code === 'forbidden') return code;
  assert.match(text, new RegExp(`"data":\\{"${name}"`), `${name} by ${asker}`);
  return 'shown';
}
for (const [name, subscription] of subscriptions)
  test(`the feed ${name} begins for whoever may follow it, about whose things they may`, async () => {
    const byPerson = 'person' in subscription.args.shape;
    const from = name === 'events' ? { after: places[0] } : {};
    await Promise.all(
      askers.map(async (asker) => {
        const mine = byPerson && asker !== 'nobody' ? { person: asker } : {};
        assert.equal(
          await begun(asker, name, { ...from, ...mine }),
          expected(subscription, asker, true, false),
          asker,
        );
        if (byPerson && asker !== 'cyd')
          assert.equal(
            await begun(asker, name, { ...from, person: 'cyd' }),
            expected(subscription, asker, false, false),
            `${asker} about Cyd`,
          );
      }),
    );
  });
