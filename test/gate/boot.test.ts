import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { readKeys } from '#engines/tokens/key-file.ts';
import { boot, dataFolder, quickly } from '#test/support/booted.ts';
import { ask } from '#test/support/customer.ts';
import { until } from '#test/support/until.ts';

const dataDir = await dataFolder();
const start = (environment: Readonly<Record<string, string>>, command?: readonly string[]) =>
  boot({ DATA_DIR: dataDir, ...environment }, command);

test('it starts, answers by REST and by GraphQL, remembers across a restart, and stops when asked', async () => {
  const first = start({ READ_STORES: 'mongodb://nowhere' });
  const address = await first.address();
  assert.match(first.output(), /^ {2}Read store +sqlite:\n {2}Bus +memory:$/m);
  for (const path of ['graphql', 'docs', 'account', 'dev/outbox \\(the newest first\\)'])
    assert.match(first.output(), new RegExp(`^ {2}\\w+ +${address}/${path}$`, 'm'));
  await until(() => /"READ_STORES is no setting.*there is READ_STORE"/.test(first.output()), 'it warns');
  const issued = await ask(`${address}/dev/tokens`, { sub: 'ann', roles: ['bidder'] });
  assert.equal(issued.status, 201);
  const headers = { Authorization: `Bearer ${issued.body.token}`, 'Idempotency-Key': 'open-1' };
  const opened = await ask(`${address}/commands/wallets/open-wallet`, { currency: 'USD' }, headers);
  assert.deepEqual([opened.status, opened.body.outcome], [200, 'accepted'], JSON.stringify(opened.body));
  const query = {
    query: '{ __schema { queryType { name } mutationType { name } subscriptionType { name } } }',
  };
  const asked = await ask(`${address}/graphql`, query, headers);
  assert.equal(asked.status, 200);
  assert.equal(asked.body.errors, undefined, JSON.stringify(asked.body));
  first.kill('SIGTERM');
  assert.equal(await first.exited, 0, first.output());

  const second = start({ PUBLIC_URL: 'http://localhost:4999' });
  const again = await second.address();
  assert.match(
    second.output(),
    /^ {2}GraphiQL +http:\/\/localhost:4999\/graphql$/m,
    'where people come to it',
  );
  const repeated = await ask(`${again}/commands/wallets/open-wallet`, { currency: 'USD' }, headers);
  assert.deepEqual(repeated, opened, 'the same id gets the first answer, also with the token of before');
  second.kill('SIGINT');
  assert.equal(await second.exited, 0, second.output());
});

test('what the machine refuses is said in one line, with what to change, and nothing is left running', async () => {
  const first = start({});
  const { port } = new URL(await first.address());
  const elsewhere = join(dataDir, 'elsewhere');
  const file = join(dataDir, 'file');
  await writeFile(file, '');
  const refused: readonly (readonly [environment: Record<string, string>, code: number, says: RegExp])[] = [
    [{ PORT: port, DATA_DIR: elsewhere }, 78, /^PORT and HOST cannot be used: another program listens there/],
    [
      { HOST: 'nowhere.invalid', DATA_DIR: elsewhere },
      78,
      /^PORT and HOST cannot be used: nowhere\.invalid cannot be resolved \((ENOTFOUND|EAI_AGAIN)\)\.$/,
    ],
    // Of a network that is kept for examples.
    [
      { HOST: '192.0.2.1', DATA_DIR: elsewhere },
      78,
      /^PORT and HOST cannot be used: 192\.0\.2\.1 is no address of this machine\./,
    ],
    [{ DATA_DIR: file }, 78, /^DATA_DIR cannot be used: .*file/],
    [{}, 69, /^another process( \(\d+\))? writes to .*; only one may$/],
  ];
  for (const [environment, code, says] of refused) {
    const second = start(environment, quickly());
    assert.equal(await second.exited, code, second.output());
    assert.match(second.output().trimEnd(), says);
    assert.equal(second.output().trimEnd().split('\n').length, 1, second.output());
  }
  first.kill('SIGTERM');
  assert.equal(await first.exited, 0, first.output());
});

test('an environment that cannot work is refused with every reason, and nothing is started', async () => {
  const wrong = { NODE_ENV: 'production', DEV_TOKENS: 'true', PORT: '0', WEBHOOK_SECRETS: 'x' };
  const refused = start(wrong);
  assert.equal(await refused.exited, 78, 'sysexits(3): a configuration error');
  assert.match(
    refused.output(),
    /DEV_TOKENS[\s\S]*TOKEN_KEY_FILE[\s\S]*WEBHOOK_SECRET: [\s\S]*WEBHOOK_SECRETS is no setting/,
  );
  const file = join(dataDir, 'tokens.json');
  const without = start({ ...wrong, TOKEN_KEY_FILE: file }, quickly());
  assert.equal(await without.exited, 78, without.output());
  const [, command = ''] =
    /^ {2}TOKEN_KEY_FILE: .* is not there.*: (\(umask .*\))$/m.exec(without.output()) ?? [];
  assert.doesNotMatch(without.output(), /TOKEN_KEY_FILE cannot/, 'once');
  const made = boot({ PATH: `${dirname(process.execPath)}:${process.env.PATH}` }, ['sh', '-c', command]);
  assert.equal(await made.exited, 0, made.output());
  assert.equal((await readKeys(file)).length, 1);
});
