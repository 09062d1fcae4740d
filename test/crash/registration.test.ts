import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ask, exchange } from '../support/customer.ts';
import { until } from '../support/until.ts';
import { mortalPlatform } from './mortal-platform.ts';

const folder = await mkdtemp(join(tmpdir(), 'annals-registration-'));
after(() => rm(folder, { recursive: true, force: true }));

interface Kept {
  readonly to: string;
  readonly text: string;
}

test('a registration whose process is killed has never happened, or comes to an account and its mail', async () => {
  const platform = await mortalPlatform({ folder, preloads: ['test/crash/preloads/mortal.ts'] });
  after(() => platform.kill());
  const email = 'ann@mail.example';
  const post = (path: string, body: object) =>
    exchange(`${platform.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const register = (password: string) => post('/accounts/registrations', { email, password });
  const mails = async (): Promise<readonly Kept[]> => {
    const { body } = await exchange(`${platform.url}/dev/outbox`);
    return (JSON.parse(body) as { readonly mails: readonly Kept[] }).mails;
  };

  assert.ok(await platform.start({ DIE_BEFORE_APPEND_BEHIND: '0' }));
  await assert.rejects(
    register('correct horse battery staple'),
    'its process dies before anything is recorded',
  );
  assert.equal(await platform.ended, null);

  assert.ok(await platform.start({ DIE_AFTER_APPEND: '1' }));
  assert.deepEqual(await mails(), []);
  await assert.rejects(register('another horse, another battery'), 'its process dies behind the login');
  assert.equal(await platform.ended, null);

  assert.ok(await platform.start());
  const [mail] = await until(async () => {
    const kept = await mails();
    return kept.length > 0 && kept;
  }, 'the mail to whoever has registered');
  assert.equal(mail?.to, email);
  const token = /token=(\S+)/.exec(mail?.text ?? '')?.[1];
  const verified = await post('/accounts/email-verifications', {
    ...{ token, password: 'another horse, another battery' },
  });
  assert.equal(verified.status, 204);
  // Of the two the second was taken: its password is the one.
  const person = String(token).split('~')[0];
  const { body } = await ask(`${platform.url}/dev/tokens`, { sub: person, roles: ['bidder'] });
  const change = (old: string) =>
    ask(
      `${platform.url}/accounts/me/password`,
      { old, password: 'a third horse, a third battery' },
      { authorization: `Bearer ${body.token}` },
    ).then(
      ({ body: told }) => told.code,
      () => 'changed',
    );
  assert.equal(await change('correct horse battery staple'), 'invalid_credentials');
  assert.equal(await change('another horse, another battery'), 'changed');
  assert.equal(await platform.stop(), 0);
});
