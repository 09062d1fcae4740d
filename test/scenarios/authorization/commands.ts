import assert from 'node:assert/strict';
import { test } from 'node:test';
import { registry } from '#compose/contexts.ts';
import { isOwn, isSellersOwn } from '#read-api/schema/authorization-page.ts';
import { ask, JSON_TYPE } from '#test/support/customer.ts';
import { everybody } from '#test/support/inhabited.ts';
import { commandPaths } from '#write-side/rest/paths.ts';
import {
  type Asker,
  argumentsOf,
  askers,
  graphql,
  has,
  headersOf,
  NO_NOTICE,
  notSteppedUp,
  url,
  Word,
} from './asking.ts';

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
  WriteOffDebt: { person: 'none', currency: 'JPY', cause: new Word('goodwill') },
  ClaimMoney: { currency: 'JPY', amount: '1' },
  PayOutUnclaimed: { person: 'none', currency: 'JPY', amount: '1' },
  DischargeUnclaimed: {
    ...{ person: 'none', currency: 'JPY', amount: '1' },
    ...{ how: new Word('seized'), reference: '2026/1' },
  },
  HandleNotice: { waitingId: NO_NOTICE, resolution: new Word('no_action') },
  LockAccount: { person: 'none', cause: 'none' },
  UnlockAccount: { person: 'none', cause: 'none' },
  ResetFactors: { person: 'none', cause: 'none' },
  CloseAccount: { forGood: true },
  EraseMe: { forGood: true },
  ErasePerson: { person: 'none', cause: new Word('asked') },
  GrantRole: { person: 'none', role: new Word('bidder') },
  WithdrawRole: { person: 'none', role: new Word('bidder') },
  CreateProfile: { name: 'A', address: '' },
  ChangeProfile: { name: 'A', address: '' },
  EndSession: { session: 'none' },
  EndAllSessions: { everywhere: true },
  RenameClient: { client: 'none', name: 'Other' },
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
      'DischargeUnclaimed',
      'UnlockAccount',
      'ResetFactors',
      'CloseAccount',
      'EraseMe',
      'ErasePerson',
      'GrantRole',
      'WithdrawRole',
      'RenameClient',
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
