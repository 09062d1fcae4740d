import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { UNPROVEN_MS } from '#domain/accounts/account/unproven.ts';
import { type Instant, later } from '#domain/kernel/instant.ts';
import { door, loginNamed, registering } from '#test/support/accounts.ts';
import { Deployment } from '#test/support/deployment.ts';
import { startHere } from '#test/support/embedded.ts';
import { codeOf, PASSWORD, peopleOf } from '#test/support/people.ts';
import { until } from '#test/support/until.ts';

// Whoever registers and never shows that the address is theirs is forgotten when their time is over.

const DAY_MS = 24 * 60 * 60 * 1_000;
const [EVE, LOGIN] = ['account-eve', `login-${loginNamed('eve')}`];
const verifier = '$argon2id$v=19$other';

async function given(t: TestContext) {
  const deployment = await Deployment.open(t);
  /** Says what the door alone may say; the code of what came of it. */
  const say = async (command: string, data: object, process = deployment.process): Promise<string> => {
    const commandId = deployment.newId();
    const origin = { channel: 'http' } as const;
    const reply = await process.pipeline.dispatch({ command, data, commandId, actor: door, origin });
    return reply.outcome === 'rejected' ? reply.rejection.code : reply.outcome;
  };
  assert.equal(await say('Register', registering('eve')), 'accepted');
  return {
    deployment,
    say,
    end: later(deployment.clock.now(), UNPROVEN_MS),
    /** That it has ended at a moment, once, with all that follows. */
    async ended(at: Instant): Promise<void> {
      const [erased, ...more] = (await deployment.history(EVE)).filter(({ type }) => type === 'PersonErased');
      assert.deepEqual([erased?.data.cause, erased?.metadata.occurredAt, more], ['unproven', at, []]);
      assert.deepEqual(await deployment.types(LOGIN), ['LoginTaken', 'LoginReleased']);
      assert.equal((await deployment.personKeys.find(['eve'])).get('eve'), 'destroyed');
      assert.deepEqual(deployment.errors, []);
    },
  };
}

describe('an account that nobody proves', () => {
  test('ends at its moment, to the millisecond, and its login is free', async (t) => {
    const { deployment, say, end, ended } = await given(t);
    await deployment.advanceTo(later(end, -1));
    assert.deepEqual(await deployment.types(EVE), ['AccountRegistered']);
    await deployment.advanceTo(later(end, 1));
    await ended(end);
    assert.equal(await say('VerifyEmail', { person: 'eve' }), 'account_not_active');
    assert.equal(await say('Register', registering('eva', loginNamed('eve'))), 'accepted');
  });

  for (const loseViews of [false, true])
    test(`whose time is over while the platform is down ends once at the start${loseViews ? ', without any read model' : ''}`, async (t) => {
      const { deployment, end, ended } = await given(t);
      await deployment.settle();
      const at = later(end, DAY_MS);
      await deployment.restart({ kill: true, loseViews, at });
      await deployment.settle();
      await ended(at);
      const head = await deployment.store.head();
      await deployment.restart({ kill: true, loseViews, at: later(at, UNPROVEN_MS) });
      await deployment.settle();
      assert.equal(await deployment.store.head(), head);
    });

  test('has its time anew where it is registered anew, or let in again; the house ends what it has locked', async (t) => {
    const { deployment, say, end, ended } = await given(t);
    const ada = { id: 'ada', roles: ['admin' as const], reputation: 0 };
    const cause = { person: 'eve', cause: 'A complaint.' };
    const house = async (command: string) => {
      const sent = { command, data: cause, commandId: deployment.newId(), actor: ada, steppedUp: true };
      const { outcome } = await deployment.process.pipeline.dispatch({
        ...sent,
        origin: { channel: 'http' },
      });
      assert.equal(outcome, 'accepted');
    };
    await deployment.advanceTo(later(end, -1));
    assert.equal(await say('ReplaceRegistration', { person: 'eve', verifier }), 'accepted');
    const anew = later(end, -1 + UNPROVEN_MS);
    await deployment.advanceTo(later(anew, -1));
    await house('LockAccount');
    await deployment.advanceTo(later(anew, 9 * DAY_MS));
    await house('UnlockAccount');
    const last = later(anew, 9 * DAY_MS + UNPROVEN_MS);
    await deployment.advanceTo(later(last, -1));
    assert.equal((await deployment.types(EVE)).at(-1), 'AccountUnlocked');
    await deployment.advanceTo(last);
    await ended(last);
  });

  test('of an older history ends as the first process that knows of it reads that, and nobody who is proven does', async (t) => {
    const { deployment, say, end, ended } = await given(t);
    await deployment.process.kill();
    const before = await deployment.beside();
    const people = ['ann', 'bob'];
    for (const person of people) await say('Register', registering(person), before);
    await say('VerifyEmail', { person: 'ann' }, before);
    const at = later(end, 30 * DAY_MS);
    deployment.clock.advanceTo(later(at, -DAY_MS));
    await say('ReplaceRegistration', { person: 'bob', verifier }, before);
    await before.stop();
    await deployment.restart({ kill: true, loseViews: true, at });
    await deployment.settle();
    await ended(at);
    await deployment.advanceTo(later(at, 5 * DAY_MS));
    const last = async (person: string) => (await deployment.types(`account-${person}`)).at(-1);
    assert.deepEqual(await Promise.all(people.map(last)), ['RoleGranted', 'RegistrationReplaced']);
    await deployment.advanceTo(later(at, UNPROVEN_MS));
    assert.deepEqual(await Promise.all(people.map(last)), ['RoleGranted', 'PersonErased']);
  });
});

test('whoever follows the link too late is told what everybody is, and may register again; a link that was sent late holds', async () => {
  const platform = await startHere({ CLOCK: 'simulated' });
  const { send, mailTo, mailsTo, devToken } = peopleOf(platform.url);
  const [email, other] = ['lee@mail.example', 'may@mail.example'];
  const { now } = (await send('/dev/clock', undefined)).body as { readonly now: string };
  const pass = async (days: number) =>
    assert.equal((await send('/dev/clock', { to: later(now, days * DAY_MS) })).status, 200);
  const asked = (email: string) => send('/accounts/registrations', { email, password: PASSWORD });
  const verify = async (link: URL) =>
    send('/accounts/email-verifications', { token: link.searchParams.get('token'), password: PASSWORD });
  const first = await asked(email);
  const link = await mailTo(email, '/account/verify');
  await asked(other);
  const person = (await mailTo(other, '/account/verify')).searchParams.get('token')?.split('~')[0] ?? '';
  await pass(6.5);
  const token = await devToken(person, 'bidder');
  assert.equal((await send('/accounts/me/email-verifications', {}, token)).status, 202);
  const [late] = await until(async () => {
    const mails = await mailsTo(other);
    return mails.length > 1 && [await mailTo(other, '/account/verify')];
  }, 'the mail once more');
  await pass(7.2);
  assert.equal((await verify(late)).status, 204, 'its mail says that it holds for a day');
  const madeUp = new URL(link);
  madeUp.searchParams.set('token', `nobody~${'1'.repeat(8)}~${'x'.repeat(43)}`);
  const [told, nothing] = [await verify(link), await verify(madeUp)];
  assert.equal(codeOf(told), 'link_void');
  assert.deepEqual([told.status, told.body], [nothing.status, nothing.body]);
  await until(
    async () => (await mailsTo(email)).length === 0,
    'what was written to them is forgotten, and nobody is written to about it',
  );
  const again = await asked(email);
  assert.deepEqual([again.status, again.body], [first.status, first.body]);
  const fresh = await mailTo(email, '/account/verify');
  assert.notEqual(String(fresh), String(link));
  assert.equal((await verify(fresh)).status, 204);
  await pass(30);
  for (const each of [email, other]) {
    await asked(each);
    await until(async () => {
      const [newest] = await mailsTo(each);
      return /have an account already/.test(newest?.subject ?? '');
    }, `who has proven ${each} is there still`);
  }
});
