import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { type MailLedger, mailLedgerLimits, type TakenMail } from '#domain/kernel/ports/mail-ledger.ts';
import { systemClock } from '#engines/clock/system.ts';
import { sqliteMailLedger } from '#engines/mail/ledger/ledger.ts';

const ended: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0).toReversed()) await end();
});
function ledgers(): () => MailLedger {
  const folder = mkdtempSync(join(tmpdir(), 'annals-ledger-'));
  ended.push(() => rmSync(folder, { recursive: true, force: true }));
  return () => {
    const made = sqliteMailLedger(join(folder, 'mails.db'), () => systemClock().now());
    ended.push(() => made.close());
    return made;
  };
}
const mailOf = (id: string, position: bigint, person = id): TakenMail => ({
  ...{ id, messageId: `${id}@a.example`, person, template: 'welcome', eventId: `event-${id}`, position },
});
const due = async (ledger: MailLedger, nowMs: number) => (await ledger.due(nowMs, 10)).map(({ id }) => id);

test('what was taken once is not taken again, also when it has been forgotten', async () => {
  const ledger = ledgers()();
  assert.equal(await ledger.begin(5n), 5n);
  assert.equal(await ledger.begin(9n), 5n, 'it has begun');
  await ledger.take([mailOf('before', 5n), mailOf('a', 7n)], 8n, 1_000);
  const [open] = await ledger.due(1_000, 10);
  assert.deepEqual([open?.id, open?.position, open?.tries, open?.takenMs], ['a', 7n, 0, 1_000]);
  await ledger.intend(open?.number ?? 0);
  await ledger.end(open?.number ?? 0, 'done', '', 1_000);
  const monthsLater = 1_000 + 2 * mailLedgerLimits.rememberedMs;
  await ledger.take([mailOf('b', 9n)], 9n, monthsLater);
  const [second] = await ledger.due(monthsLater, 10);
  await ledger.end(second?.number ?? 0, 'erased', '', monthsLater);
  assert.deepEqual(
    (await ledger.summary()).ended,
    { done: 0, refused: 0, erased: 1, late: 0 },
    'it is forgotten',
  );
  await ledger.take([mailOf('a', 7n), mailOf('b', 9n)], 9n, monthsLater);
  assert.deepEqual(await due(ledger, monthsLater), []);
  assert.equal(await ledger.begin(0n), 9n);
});

test('of each person the first that is open is due, when it is, and one on its way holds up those behind it', async () => {
  const ledger = ledgers()();
  await ledger.begin(0n);
  await ledger.take([mailOf('a1', 1n, 'ann'), mailOf('b1', 2n, 'bob'), mailOf('a2', 3n, 'ann')], 3n, 0);
  assert.deepEqual(await due(ledger, 0), ['a1', 'b1']);
  const [a1, b1] = await ledger.due(0, 10);
  await ledger.intend(a1?.number ?? 0);
  assert.deepEqual(await due(ledger, 0), ['b1']);
  await ledger.wait(a1?.number ?? 0, 500, '451', true);
  await ledger.wait(b1?.number ?? 0, 300, '451', false);
  assert.deepEqual(await due(ledger, 299), []);
  assert.equal(await ledger.nextDueMs(), 300);
  assert.deepEqual(await due(ledger, 500), ['b1', 'a1']);
  assert.deepEqual(
    (await ledger.due(500, 10)).map(({ unknowns }) => unknowns),
    [0, 1],
  );
  await ledger.end(a1?.number ?? 0, 'late', 'too long', 500);
  assert.deepEqual(await due(ledger, 500), ['a2', 'b1']);
  assert.deepEqual((await ledger.summary()).lastLaidAside, { template: 'welcome', words: 'too long' });
});

test('it is of whoever has opened it last: what was on its way is unknown then, and the one before writes nothing more', async () => {
  const open = ledgers();
  const first = open();
  await first.begin(0n);
  await first.take([mailOf('a', 1n)], 1n, 0);
  const [mail] = await first.due(0, 10);
  assert.ok(mail);
  await first.intend(mail.number);
  const second = open();
  assert.equal(await second.begin(0n), 1n);
  assert.deepEqual(
    (await second.due(0, 10)).map(({ id, tries, unknowns }) => [id, tries, unknowns]),
    [['a', 1, 1]],
  );
  for (const late of [
    first.intend(mail.number),
    first.end(mail.number, 'done', '', 0),
    first.wait(mail.number, 0, '', false),
    first.take([mailOf('b', 2n)], 2n, 0),
  ])
    await assert.rejects(late, { code: 'unavailable', message: /another process sends the mails now/ });
  assert.equal(first.standing().state, 'down');
  assert.equal((await second.summary()).waiting, 1);
});
