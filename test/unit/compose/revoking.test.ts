import assert from 'node:assert/strict';
import { test } from 'node:test';
import { revokingPart } from '#compose/revoking.ts';
import { instant, later } from '#domain/kernel/instant.ts';
import { noLog } from '#domain/kernel/ports/log.ts';
import { systemClock } from '#engines/clock/system.ts';
import { eventFeed } from '#engines/event-feed/feed.ts';
import { revocationsHere } from '#engines/tokens/revocations.ts';
import { givenAccounts, registering } from '#test/support/accounts.ts';
import { someone } from '#test/support/platform.ts';
import { until } from '#test/support/until.ts';

// Which tokens a process takes no more, by what is recorded: whoever records it, and whenever the process has begun.

const ada = someone('ada', 'admin');
const MINUTE_MS = 60_000;

/** A process of the platform, as far as it lets people in. */
async function startedOn({ store, clock }: Pick<ReturnType<typeof givenAccounts>, 'store' | 'clock'>) {
  const machineClock = systemClock();
  const feed = eventFeed(store, { clock: machineClock });
  const revocations = revocationsHere(clock);
  const part = await revokingPart({ engines: { store, feed, clock, machineClock, revocations }, log: noLog });
  return {
    takes: (person: string, session: string, issuedAt = clock.now(), grant?: string) =>
      !revocations.isRevoked({
        actor: someone(person, 'bidder'),
        token: { session, grant, issuedAt: instant(Math.floor(Date.parse(issuedAt) / 1000) * 1000) },
      }),
    health: () => part.health?.(),
    async stop() {
      await part.stop?.();
      await feed.close();
    },
  };
}

async function withTwoSignedIn() {
  const accounts = givenAccounts();
  const { tell, clock } = accounts;
  for (const person of ['p-1', 'p-2']) {
    await tell('Register', registering(person));
    await tell('VerifyEmail', { person });
    for (const session of ['a', 'b'])
      await tell('OpenSession', {
        ...{ person, session: `${person}-${session}`, client: 'web', provenAt: clock.now() },
        expiresAt: later(clock.now(), 60 * MINUTE_MS),
      });
  }
  clock.advanceTo(later(clock.now(), 10_000));
  return accounts;
}

test('a session that is ended, a role that is withdrawn and an account that is locked end tokens in every process, and no others', async () => {
  const accounts = await withTwoSignedIn();
  const { tell, clock } = accounts;
  const processes = await Promise.all([startedOn(accounts), startedOn(accounts)]);
  const all = async (person: string, session: string, issuedAt: string, taken: boolean) => {
    for (const process of processes)
      await until(async () => process.takes(person, session, issuedAt) === taken, `${person} ${session}`);
  };
  const before = clock.now();
  await tell('EndSession', { session: 'p-1-a' }, someone('p-1', 'bidder'));
  await all('p-1', 'p-1-a', before, false);
  await all('p-1', 'p-1-b', before, true);
  await all('p-2', 'p-2-a', before, true);
  await tell('WithdrawRole', { person: 'p-2', role: 'seller' }, ada);
  await all('p-2', 'p-2-a', before, false);
  clock.advanceTo(later(clock.now(), 1_000));
  const behind = clock.now();
  await all('p-2', 'p-2-a', behind, true);
  await tell('LockAccount', { person: 'p-2', cause: 'Asked for.' }, ada);
  await all('p-2', 'p-2-a', behind, false);
  for (const process of processes) {
    assert.deepEqual(process.health(), { revocations: { ready: true } });
    await process.stop();
  }
});

test('what a system gives back ends its tokens in that session in every process, and no others', async () => {
  const accounts = await withTwoSignedIn();
  const { tell, clock } = accounts;
  const [given, other] = ['g'.repeat(43), 'h'.repeat(43)];
  const before = await startedOn(accounts);
  const left = { person: 'p-1', session: 'p-1-a', client: 'shop', grant: given };
  await tell('LeaveSession', left);
  const behind = await startedOn(accounts);
  for (const { takes } of [before, behind]) {
    await until(async () => !takes('p-1', 'p-1-a', clock.now(), given), 'what was given back');
    assert.ok(takes('p-1', 'p-1-a', clock.now(), other));
  }
  await Promise.all([before.stop(), behind.stop()]);
});

test('a process that starts behind it knows it too, for as long as such tokens live, and takes what was issued since', async () => {
  const accounts = await withTwoSignedIn();
  const { tell, clock } = accounts;
  const before = clock.now();
  await tell('EndSession', { session: 'p-1-a' }, someone('p-1', 'bidder'));
  await tell('LockAccount', { person: 'p-2', cause: 'Asked for.' }, ada);
  await tell('UnlockAccount', { person: 'p-2', cause: 'Asked for.' }, ada);
  clock.advanceTo(later(clock.now(), 5 * MINUTE_MS));
  const soon = await startedOn(accounts);
  assert.ok(!soon.takes('p-1', 'p-1-a', before));
  assert.ok(soon.takes('p-1', 'p-1-b', before));
  assert.ok(!soon.takes('p-2', 'p-2-a', before));
  assert.ok(soon.takes('p-2', 'another'), 'issued behind it');
  await soon.stop();
  clock.advanceTo(later(clock.now(), 23 * 60 * MINUTE_MS));
  const later_ = await startedOn(accounts);
  assert.ok(!later_.takes('p-2', 'p-2-a', before), 'others issue tokens for a day');
  await later_.stop();
});

test('a role that is to end earlier than was told ends tokens from before, also behind a start; one that ends later does not', async () => {
  const accounts = await withTwoSignedIn();
  const { tell, clock } = accounts;
  const process = await startedOn(accounts);
  const before = clock.now();
  const days = (count: number) => later(clock.now(), count * 24 * 60 * MINUTE_MS);
  for (const person of ['p-1', 'p-2']) await tell('WithdrawRole', { person, role: 'seller' }, ada);
  clock.advanceTo(later(clock.now(), 2_000));
  const [sooner, since] = [days(1), clock.now()];
  for (const person of ['p-1', 'p-2'])
    await tell('GrantRole', { person, role: 'seller', until: sooner }, ada);
  clock.advanceTo(later(clock.now(), 2_000));
  assert.equal(await tell('GrantRole', { person: 'p-1', role: 'bidder', until: sooner }, ada), 'accepted');
  assert.equal(await tell('GrantRole', { person: 'p-2', role: 'seller', until: days(2) }, ada), 'accepted');
  await until(async () => !process.takes('p-1', 'p-1-a', since), 'told of no end');
  assert.ok(process.takes('p-2', 'p-2-a', since), 'told of an earlier end');
  const anew = await startedOn(accounts);
  assert.deepEqual(
    ['p-1', 'p-2'].map((person) => anew.takes(person, `${person}-a`, since)),
    [false, true],
  );
  clock.advanceTo(later(clock.now(), 1_000));
  for (const each of [process, anew]) {
    assert.ok(each.takes('p-1', 'p-1-a'), 'issued behind it');
    assert.ok(!each.takes('p-2', 'p-2-a', before));
    await each.stop();
  }
});

test('a system that is removed, or has another secret, comes in no more by what it was issued', async () => {
  const accounts = givenAccounts();
  const { tell, clock } = accounts;
  for (const client of ['scales', 'till'])
    await tell('RegisterClient', {
      ...{ client, name: client, by: 'ada', verifier: 'sha256:x' },
      ...{ grantTypes: ['client_credentials'], redirectUris: [] },
    });
  const process = await startedOn(accounts);
  const before = clock.now();
  await tell('RemoveClient', { client: 'scales' }, ada);
  await tell('RotateClientVerifier', { client: 'till', by: 'ada', verifier: 'sha256:y' });
  for (const client of ['scales', 'till'])
    await until(async () => !process.takes(`client.${client}`, 'none', before), client);
  await process.stop();
});
