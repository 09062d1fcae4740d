import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { boot, dataFolder, quickly } from '#test/support/booted.ts';
import { openWallet, signIn } from '#test/support/customer.ts';
import { until } from '#test/support/until.ts';
import { historyIn } from './history-file.ts';
import { logged } from './operator.ts';

const PAYOUTS = 12;

test('without its ledger the provider is given the payouts under way again, and no money stays held', async () => {
  const folder = await dataFolder();
  const before = boot({ DATA_DIR: folder }, quickly());
  const url = await before.address();
  const ann = await signIn(url, 'ann', ['bidder']);
  const wallet = async (who = ann): Promise<string> =>
    JSON.stringify((await who.query('{ wallet(currency: "USD") { available held } }')).body.data);
  await openWallet(ann, 'open');
  await ann.send('wallets/request-top-up', { amount: '5000', currency: 'USD' }, 'in');
  const page = await until(async () => {
    const { body } = await ann.query('{ payments { edges { node { actionUrl } } } }');
    return /http[^"]*/.exec(JSON.stringify(body))?.[0];
  }, 'a page to confirm on');
  await fetch(page, { method: 'POST', body: new URLSearchParams({ decision: 'confirm' }) });
  await until(async () => (await wallet()).includes('5000'), 'the money is there');
  const sent = Array.from({ length: PAYOUTS }, (_, n) =>
    ann.send('wallets/withdraw', { amount: String(100 + n), currency: 'USD' }, `out-${n}`),
  );
  await Promise.all(sent);
  before.kill('SIGKILL');
  await before.exited;
  for (const name of readdirSync(folder)) if (name.startsWith('provider.db')) rmSync(join(folder, name));

  const platform = boot({ DATA_DIR: folder }, quickly());
  const again = await signIn(await platform.address(), 'ann', ['bidder']);
  await logged(platform, /the simulated payment provider has forgotten what it was asked for/);
  const rest = 5_000 - sent.reduce((sum, _, n) => sum + 100 + n, 0);
  const expected = JSON.stringify({ wallet: { available: String(rest), held: '0' } });
  await until(async () => (await wallet(again)) === expected, `every payout is paid: ${expected}`);
  platform.kill('SIGTERM');
  assert.equal(await platform.exited, 0, platform.output());
  const paid = historyIn(folder).filter(({ type }) => type === 'PayoutSettled');
  assert.equal(paid.length, PAYOUTS);

  const next = boot({ DATA_DIR: folder }, quickly());
  await next.address();
  next.kill('SIGTERM');
  assert.equal(await next.exited, 0, next.output());
  assert.doesNotMatch(next.output(), /has forgotten/);
});
