import assert from 'node:assert/strict';
import { getNamedType, isCompositeType, isRequiredArgument } from 'graphql';
import type { QueryDeclaration, SubscriptionDeclaration } from '#read-api/operation.ts';
import type { Person } from '#test/support/inhabited.ts';
import { type Asker, argumentsOf, graphql, has, NO_NOTICE, payments, schema, Word } from './asking.ts';

// What queries and feeds are asked about, and what the table says of whoever asks.

/** What is shown at the root. @throws where nothing is */
export async function rootOf<Shown>(who: Asker, name: string, text: string): Promise<Shown> {
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
export const paid = { ann: await paymentOf('ann'), bob: await paymentOf('bob') };
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
function fieldOf(root: 'Query' | 'Subscription', name: string) {
  const type = root === 'Query' ? schema.getQueryType() : schema.getSubscriptionType();
  return type?.getFields()[name] ?? assert.fail(name);
}
export function textOf(root: 'Query' | 'Subscription', name: string, more: object): string {
  const field = fieldOf(root, name);
  const needed = field.args.filter(isRequiredArgument).map(({ name: of }) => [of, given[of]] as const);
  for (const [of, value] of needed) assert.notEqual(value, undefined, `${name} needs an example of ${of}`);
  const selected = isCompositeType(getNamedType(field.type)) ? ' { __typename }' : '';
  return `${name}${argumentsOf({ ...Object.fromEntries(needed), ...more })}${selected}`;
}

export type Told = 'shown' | 'nothing' | 'unauthenticated' | 'forbidden';
/** What the table says of one who asks for the things of somebody. */
export function expected(
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
