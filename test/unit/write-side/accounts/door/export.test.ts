import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { quotaHere } from '#engines/quotas/memory.ts';
import { turns } from '#runtime/turns.ts';
import { codeOf, givenDoor, granted, PASSWORD, visitor } from '#test/support/door.ts';
import { someone } from '#test/support/platform.ts';
import { until } from '#test/support/until.ts';
import type { Door } from '#write-side/accounts/door/door.ts';
import { accountRoutes } from '#write-side/accounts/http/routes.ts';
import { openBells } from '../../rest/bells.ts';

interface Exported {
  readonly person: string;
  readonly events: readonly {
    readonly stream: string;
    readonly type: string;
    readonly from?: string;
    readonly data: Readonly<Record<string, unknown>>;
  }[];
}

async function exported(pieces: AsyncIterable<string>): Promise<Exported> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return JSON.parse(text) as Exported;
}

test('whoever asks gets all that is recorded about them, opened, and nothing by which they could be guessed', async () => {
  const { door, registered, tell, known } = givenDoor();
  const person = await registered();
  const bob = await registered('bob@mail.example');
  await door.enrolTotp(person);
  const self = someone(person, 'bidder');
  await tell('CreateProfile', { name: 'Ann Onym', address: '1 Street' }, self);
  await tell('OpenWallet', { currency: 'USD' }, self);
  await tell('RequestTopUp', { amount: '100', currency: 'USD' }, self);
  const account = await known.account(person);
  const { events, ...about } = await exported(granted(await door.exportOf(person)));
  assert.equal(about.person, person);
  const categories = new Set(events.map(({ stream }) => stream.split('-')[0]));
  assert.deepEqual([...categories].toSorted(), ['account', 'login', 'payment', 'profile', 'wallet']);
  const registration = events.find(({ type }) => type === 'AccountRegistered');
  assert.equal(registration?.data.email, 'ann@mail.example');
  assert.equal(events.find(({ type }) => type === 'LoginTaken')?.from, visitor.address);
  const text = JSON.stringify(events);
  for (const own of ['Ann Onym', '1 Street', 'WalletOpened']) assert.ok(text.includes(own), own);
  for (const secret of [
    'argon2id',
    account?.verifier,
    account?.pendingTotp?.secret,
    'verifier',
    'bob@',
    bob,
    PASSWORD,
  ])
    assert.ok(secret !== undefined && !text.includes(secret), 'a secret is in it');
});

test('whoever has taken over an address that nobody had proven gets nothing of whoever had it before', async () => {
  const email = 'ann@mail.example';
  for (const by of ['registration', 'reset'] as const) {
    const { door, holderOf, tell, clock, linkOf } = givenDoor();
    const before = { ...visitor, address: '198.51.100.1' };
    await door.register({ email, password: PASSWORD, paymentMeans: 'pm_before' }, before);
    const person = (await holderOf(email)) ?? '';
    const times = { provenAt: clock.now(), expiresAt: '2100-01-01T00:00:00.000Z' };
    await tell('OpenSession', { person, session: 's1', client: 'web', address: before.address, ...times });
    const password = 'a lighthouse, a meadow, a copper pan';
    if (by === 'registration') await door.register({ email, password }, visitor);
    else {
      await door.askReset(email, visitor);
      await door.reset({ token: await linkOf('reset', 'PasswordResetAsked'), password }, visitor);
    }
    const mine = await exported(granted(await door.exportOf(person)));
    const text = JSON.stringify(mine.events);
    assert.match(
      text,
      by === 'registration' ? /RegistrationReplaced.*ann@mail/ : /VerifierChanged.*EmailVerified/,
    );
    for (const theirs of [
      before.address,
      'other@',
      'pm_before',
      'AccountRegistered',
      'SessionOpened',
      'LoginTaken',
    ])
      assert.ok(!text.includes(theirs), `${theirs} after a ${by}`);

    const link = by === 'registration' ? await linkOf('verify', 'RegistrationReplaced') : undefined;
    if (link !== undefined) granted(await door.verifyEmail({ token: link, password }, visitor));
    // From now on another password is the same person's.
    await door.askReset(email, visitor);
    const another = { token: await linkOf('reset', 'PasswordResetAsked'), password: PASSWORD };
    granted(await door.reset(another, visitor));
    const { events } = await exported(granted(await door.exportOf(person)));
    assert.deepEqual(events.slice(0, 1), mine.events.slice(0, 1), 'nothing of theirs goes');
  }
});

test('exports are few in an hour, and there is none of nobody', async () => {
  const { door, registered } = givenDoor();
  const person = await registered();
  for (let at = 0; at < 5; at++) granted(await door.exportOf(person));
  assert.equal(codeOf(await door.exportOf(person)), 'too_many_attempts');
  assert.equal(codeOf(await door.exportOf('nobody')), 'account_unknown');
});

/** The port with a door that exports this of everybody. */
async function exporting(pieces: () => AsyncIterable<string>) {
  const perPerson = turns({ atWork: 9, waiting: 0 }, (work) => work());
  const routes = accountRoutes({
    door: { exportOf: async () => pieces() } as Partial<Door> as Door,
    authenticate: async () => ({
      actor: someone('ann', 'bidder'),
      ...{ expiresAt: '2100-01-01T00:00:00.000Z', token: {}, steppedUp: true },
    }),
    known: { account: async () => undefined },
    addressOf: () => visitor.address,
    ...{ perPerson, perPersonQuota: quotaHere({ name: 'person', points: 100, windowSeconds: 60 }) },
  });
  const opened = await openBells(() => assert.fail('no command is sent'), { more: [routes] });
  return { ...opened, perPerson };
}

test('whoever hangs up in the middle is no failure of ours, and no more is read for them; what breaks off does not look whole', async () => {
  let open = 0;
  const { port, reported, perPerson } = await exporting(async function* endless() {
    open += 1;
    try {
      for (;;) yield 'x'.repeat(50_000);
    } finally {
      open -= 1;
    }
  });
  const { hostname, port: number } = new URL(port.url);
  for (const leave of ['destroy', 'resetAndDestroy'] as const) {
    const socket = connect(Number(number), hostname);
    socket.on('error', () => undefined);
    socket.write('GET /accounts/me/export HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ann\r\n\r\n');
    await once(socket, 'data');
    assert.equal(open, 1);
    socket[leave]();
    await until(async () => open === 0 && perPerson.owners() === 0, leave);
  }
  assert.deepEqual(reported, []);
  const broken = await exporting(async function* broken() {
    yield '{';
    throw new Error('the store is gone');
  });
  await assert.rejects(
    fetch(`${broken.port.url}/accounts/me/export`, { headers: { authorization: 'Bearer ann' } }).then(
      (told) => told.text(),
    ),
  );
  assert.equal(broken.reported.length, 1);
});
