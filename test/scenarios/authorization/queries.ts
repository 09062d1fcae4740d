import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operations } from '#compose/contexts.ts';
import { nodeQueries } from '#read-api/node.ts';
import type { QueryDeclaration } from '#read-api/operation.ts';
import { everybody } from '#test/support/inhabited.ts';
import { type Asker, askers, graphql, has, schema } from './asking.ts';
import { expected, paid, rootOf, type Told, textOf } from './reading.ts';

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
