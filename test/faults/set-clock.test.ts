import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { boot, dataFolder, quickly } from '#test/support/booted.ts';
import { type Customer, customerAt, healthOf, openWallet, signIn } from '#test/support/customer.ts';
import { until } from '#test/support/until.ts';
import { historyIn } from './history-file.ts';
import { logged } from './operator.ts';

// Somebody sets the clock of the machine under the real process, by an hour back and by an hour forward.

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const SKEWED = quickly({ options: ['--import', new URL('./skewed-date.ts', import.meta.url).href] });

/** An auction that ends in forty minutes, by the right clock. */
async function openAuction(url: string): Promise<void> {
  const otto = await signIn(url, 'otto', ['auctioneer']);
  const sam = await signIn(url, 'sam', ['seller']);
  const at = (ms: number): string => new Date(Date.now() + ms).toISOString();
  const usd = (amount: string) => ({ amount, currency: 'USD' });
  const text = { title: 'Watch', description: '' };
  const tiers = [{ rateBasisPoints: 1_000 }];
  const commands: readonly (readonly [who: Customer, path: string, data: object])[] = [
    [
      otto,
      'schedule-sale',
      { saleId: 's1', ...text, currency: 'USD', ladderVersion: 1, premium: tiers, commission: tiers },
    ],
    [otto, 'publish-sale', { saleId: 's1' }],
    [
      sam,
      'consign-lot',
      {
        lotId: 'l1',
        ...text,
        categories: [],
        pictures: [],
        estimateLow: usd('100'),
        estimateHigh: usd('900'),
        openingBid: usd('100'),
      },
    ],
    [
      sam,
      'schedule-auction',
      { auctionId: 'a1', lotId: 'l1', saleId: 's1', opensAt: at(5 * MINUTE_MS), endsAt: at(40 * MINUTE_MS) },
    ],
    [otto, 'open-auction', { auctionId: 'a1' }],
  ];
  for (const [who, path, data] of commands) {
    const answer = await who.send(`auctions/${path}`, data, path);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
  }
}

async function phaseOf(who: Customer): Promise<unknown> {
  const { body } = await who.query('{ auction(auctionId: "a1") { phase } }');
  return (body.data as { auction?: { phase?: unknown } } | undefined)?.auction?.phase;
}

/** Its own write is read at once, whatever the clock says. */
async function opensAndReads(who: Customer, commandId: string): Promise<void> {
  const opened = await openWallet(who, commandId);
  assert.equal(opened.status, 200, JSON.stringify(opened.body));
  const read = await who.query(`{ wallet(currency: "USD", atLeast: "${opened.body.token}") { available } }`);
  assert.deepEqual(read.body, { data: { wallet: { available: '0' } } });
}

test('a clock that is set back and forward is said, changes no order and no answer, and only what is timed follows it', async () => {
  const folder = await dataFolder();
  const skew = join(await dataFolder(), 'skew');
  const environment = { DATA_DIR: folder, SKEW_FILE: skew };
  writeFileSync(skew, '0');
  const first = boot(environment, SKEWED);
  const url = await first.address();
  await openAuction(url);
  const ann = await signIn(url, 'ann', ['bidder']);
  const opened = await openWallet(ann, 'ann');
  assert.equal(opened.status, 200);
  const passing = await signIn(url, 'carl', ['bidder'], 1);

  writeFileSync(skew, String(-HOUR_MS));
  first.kill('SIGUSR2');
  const back = await until(async () => (await healthOf(url)).components.clock?.detail, 'the jump is noticed');
  assert.match(back, /^the clock was set back by 3600 s at /);
  await logged(first, /the clock was set back by 3600 s/);
  await opensAndReads(await signIn(url, 'bob', ['bidder']), 'bob');
  assert.equal(await phaseOf(ann), 'open');
  first.kill('SIGKILL');
  await first.exited;

  const second = boot(environment, SKEWED);
  const again = await second.address();
  await logged(second, /the clock stands before what the history has recorded/);
  const annAgain = customerAt(again, ann.authorization);
  assert.deepEqual(await openWallet(annAgain, 'ann'), opened, 'one answer, whatever the time');
  await opensAndReads(await signIn(again, 'dora', ['bidder']), 'dora');
  assert.equal(await phaseOf(annAgain), 'open');

  writeFileSync(skew, String(HOUR_MS));
  second.kill('SIGUSR2');
  await until(async () => (await phaseOf(annAgain)) === 'passed', 'what is due by the new time is done');
  assert.match(
    String((await healthOf(again)).components.clock?.detail),
    /^the clock was set forward by 7200 s at /,
  );
  const late = await openWallet(customerAt(again, passing.authorization), 'carl');
  assert.equal(late.status, 401, 'a token ends by the clock');
  await opensAndReads(await signIn(again, 'eve', ['bidder']), 'eve');
  second.kill('SIGTERM');
  assert.equal(await second.exited, 0, second.output());

  const history = historyIn(folder);
  assert.deepEqual(
    history.map(({ position }) => position),
    history.map((_, at) => at + 1),
  );
  assert.equal(new Set(history.map(({ eventId }) => eventId)).size, history.length);
  const backwards = history.filter(({ recordedAt }, at) => recordedAt < (history[at - 1]?.recordedAt ?? ''));
  assert.equal(backwards.length, 1, 'the time of recording says what the clock said');
  assert.equal(history.filter(({ type }) => type === 'LotClosing').length, 1);
});
