import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { ConfigError, type PlatformRole, readConfig } from '#config';

const production = {
  NODE_ENV: 'production',
  TOKEN_KEY_FILE: '/keys/public.json',
  MASTER_KEY_FILE: '/keys/master.key',
  WEBHOOK_SECRET: 's'.repeat(32),
  PUBLIC_URL: 'https://auctions.example',
  SIMULATED: 'payments,mail',
};
const problemsOf = (
  environment: Record<string, string>,
  chosen?: readonly PlatformRole[],
): readonly string[] => {
  try {
    readConfig(environment, chosen);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

test('nothing needs to be set', () => {
  const config = readConfig({});
  assert.deepEqual(config, readConfig({ PORT: '', NODE_ENV: '', CLOCK: '' }), 'empty is not set');
  assert.equal(config.port, 4000);
  assert.equal(config.host, '127.0.0.1');
  assert.equal(config.dataDir, resolve('data'));
  assert.equal(config.devTokens, true);
  assert.equal(config.clock, 'system');
});

test('what is set is taken', () => {
  const config = readConfig({
    PORT: '0',
    CLOCK: 'simulated',
    DEV_TOKENS: 'no',
  });
  assert.equal(config.port, 0);
  assert.equal(config.clock, 'simulated');
  assert.equal(config.devTokens, false);
});

test('every problem is named at once', () => {
  const problems = problemsOf({
    PORT: '70000',
    CLOCK: 'lunar',
    WEBHOOK_SECRET: 'short',
  });
  assert.deepEqual(
    problems.map((problem) => problem.split(/[.:]/)[0]),
    ['PORT', 'CLOCK', 'WEBHOOK_SECRET'],
  );
});

test('a port is written as a number and nothing else', () => {
  for (const PORT of ['80x', '-1', '1.5', '0x50', '65536', 'http'])
    assert.deepEqual(problemsOf({ PORT }), ['PORT: a whole number from 0 to 65535'], PORT);
});

test('production starts only with its own keys, and never with what makes development easy', () => {
  assert.deepEqual(problemsOf(production), []);
  assert.equal(readConfig(production).devTokens, false);
  assert.equal(problemsOf({ ...production, SIMULATED: 'payments' }).length, 1, 'mails would go nowhere');
  assert.equal(problemsOf({ ...production, DEV_TOKENS: 'true' }).length, 1);
  assert.equal(problemsOf({ ...production, CLOCK: 'simulated' }).length, 1);
  for (const name of ['TOKEN_KEY_FILE', 'MASTER_KEY_FILE', 'WEBHOOK_SECRET', 'PUBLIC_URL', 'SIMULATED'])
    assert.match(problemsOf({ ...production, [name]: '' }).join(), new RegExp(`^${name}: `));
});

test('in production people come by https, unless they are on this machine', () => {
  const at = (PUBLIC_URL: string, more = {}, chosen?: readonly PlatformRole[]) =>
    problemsOf({ ...production, PUBLIC_URL, ...more }, chosen);
  for (const origin of ['http://auctions.example', 'http://192.0.2.1:4000', 'http://localhost.example'])
    assert.match(at(origin).join(), /^PUBLIC_URL: in production people come by https/, origin);
  for (const origin of ['http://localhost:4000', 'http://127.0.0.1:4000', 'http://[::1]:4000'])
    assert.deepEqual(at(origin), [], origin);
  assert.deepEqual(at('http://auctions.example', { NODE_ENV: 'development' }), []);
});

test('what wraps the keys of people is not beside them in production, nor beside the history', () => {
  const beside = [
    'MASTER_KEY_FILE: it lies beside what it opens; keep it in a folder, and in backups, of its own',
  ];
  const at = (MASTER_KEY_FILE: string, more = {}) =>
    problemsOf({ ...production, DATA_DIR: '/annals/data', MASTER_KEY_FILE, ...more });
  for (const file of ['/annals/data/master.key', '/annals/data/keys/master.key', '/annals/../annals/data/x'])
    assert.deepEqual(at(file), beside, file);
  for (const file of ['/annals/master.key', '/annals/data-keys/master.key'])
    assert.deepEqual(at(file), [], file);
  const PERSON_KEYS_FILE = '/keys/people.db';
  assert.deepEqual(at('/keys/master.key', { PERSON_KEYS_FILE }), beside);
  assert.deepEqual(at('/annals/data/master.key', { PERSON_KEYS_FILE }), beside);
  assert.deepEqual(at('/secrets/master.key', { PERSON_KEYS_FILE }), []);
  assert.equal(readConfig({ DATA_DIR: '/annals/data' }).personKeys.file, '/annals/data/keys.db');
});

test('a config cannot be changed behind the back of those who read it', () => {
  assert.ok(Object.isFrozen(readConfig({})));
});

test('the house is named in words, on one line each, or not at all', () => {
  assert.deepEqual(readConfig({}).house, { name: undefined, contact: undefined });
  const { house } = readConfig({ HOUSE_NAME: ' Vente & Fils ', HOUSE_CONTACT: 'hello@vente.example' });
  assert.deepEqual(house, { name: 'Vente & Fils', contact: 'hello@vente.example' });
  for (const text of ['  ', 'a\nb', 'a\u2028b', 'x'.repeat(61), '\u202eabc'])
    assert.match(problemsOf({ HOUSE_NAME: text }).join(), /^HOUSE_NAME: /, JSON.stringify(text));
});

test('where a history may end is a position, and nothing by default', () => {
  assert.equal(readConfig({}).acceptedLoss, undefined);
  assert.equal(readConfig({ ACCEPT_HISTORY_END: '1042-0f3a99cd' }).acceptedLoss, '1042-0f3a99cd');
  for (const ACCEPT_HISTORY_END of [
    '-1',
    '1042',
    '007-0f3a99cd',
    '1042-0F3A99CD',
    'yes',
    `${'9'.repeat(40)}-0f3a99cd`,
  ])
    assert.equal(problemsOf({ ACCEPT_HISTORY_END }).length, 1, ACCEPT_HISTORY_END);
});

test('proxies are named by address or block, and never all there are', () => {
  assert.deepEqual(readConfig({}).trustedProxies, []);
  const TRUSTED_PROXIES = '192.0.2.1, 10.0.0.0/8,2001:db8::/32,::1';
  assert.deepEqual(readConfig({ TRUSTED_PROXIES }).trustedProxies, [
    '192.0.2.1',
    '10.0.0.0/8',
    '2001:db8::/32',
    '::1',
  ]);
  const wrong = [
    '10.0.0.0/33',
    '0.0.0.0/0',
    '::/0',
    '::1/129',
    'loopback',
    '10.0.0',
    '1.2.3.4/',
    '1.2.3.4/08',
    '::1%lo',
  ];
  for (const entry of [...wrong, '1.2.3.4/8/8', '1.2.3.4,,', 'true'])
    assert.equal(problemsOf({ TRUSTED_PROXIES: entry }).length, 1, entry);
});

test('what the port takes are whole numbers above zero', () => {
  const { maxConnections, maxConnectionsPerAddress } = readConfig({});
  assert.ok(maxConnectionsPerAddress < maxConnections, 'one address cannot take all');
  assert.equal(readConfig({ MAX_CONNECTIONS: '20' }).maxConnections, 20);
  assert.equal(readConfig({ MAX_CONNECTIONS_PER_ADDRESS: '7' }).maxConnectionsPerAddress, 7);
  for (const few of ['0', '-1', '1e3', 'many', '1000001'])
    assert.equal(problemsOf({ MAX_CONNECTIONS: few, MAX_CONNECTIONS_PER_ADDRESS: few }).length, 2, few);
});

test('a balancer is given time in production, and nobody waits for one in development', () => {
  assert.equal(readConfig({}).shutdownDelayMs, 0);
  assert.ok(readConfig(production).shutdownDelayMs >= 1_000);
  assert.equal(readConfig({ ...production, SHUTDOWN_DELAY_MS: '0' }).shutdownDelayMs, 0);
  assert.equal(problemsOf({ SHUTDOWN_DELAY_MS: '600001' }).length, 1);
});

test('what is simulated is named one by one, and only what there is', () => {
  assert.deepEqual(readConfig({}).simulated, []);
  assert.deepEqual(readConfig({ SIMULATED: ' payments, ' }).simulated, ['payments']);
  assert.deepEqual(readConfig({ SIMULATED: 'mail,payments' }).simulated, ['mail', 'payments']);
  for (const SIMULATED of ['all', 'payments,clock', 'Payments', '*', 'mails'])
    assert.equal(problemsOf({ SIMULATED }).length, 1, SIMULATED);
});

test('an origin is a scheme, a host and perhaps a port, as a browser writes it', () => {
  assert.equal(readConfig({}).publicUrl, undefined);
  assert.equal(readConfig({ PUBLIC_URL: 'https://Auctions.Example:443/' }).publicUrl, production.PUBLIC_URL);
  const ALLOWED_ORIGINS = 'https://a.example, http://b.example:8080';
  assert.deepEqual(readConfig({ ALLOWED_ORIGINS }).allowedOrigins, [
    'https://a.example',
    'http://b.example:8080',
  ]);
  for (const origin of [
    '*',
    'null',
    'a.example',
    'https://*.example',
    'https://a.example/path',
    'https://a.example/?q',
    'https://a.example/#f',
    'https://user:pass@a.example',
    'ftp://a.example',
    'http://0.0.0.0:4000',
    'http://[::]:4000',
    `https://${'a'.repeat(250)}.example`,
    'capacitor://',
    'capacitor://*',
    'ionic://localhost/',
    'capacitor://localhost:80',
    'file://localhost',
    'app://localhost',
  ]) {
    assert.equal(problemsOf({ PUBLIC_URL: origin }).length, 1, origin);
    assert.equal(problemsOf({ ALLOWED_ORIGINS: origin }).length, 1, origin);
  }
});

test('an app whose pages come with it is an origin by its exact name, and no address of ours', () => {
  const ALLOWED_ORIGINS = 'capacitor://localhost,ionic://localhost,https://a.example';
  assert.deepEqual(readConfig({ ALLOWED_ORIGINS }).allowedOrigins, ALLOWED_ORIGINS.split(','));
  assert.equal(problemsOf({ PUBLIC_URL: 'capacitor://localhost' }).length, 1);
});

test('internal hosts are named exactly, as a URL has them', () => {
  assert.deepEqual(readConfig({}).logoutInternalHosts, []);
  const LOGOUT_INTERNAL_HOSTS = 'Books.internal, 10.0.0.7,[fd00::7]';
  assert.deepEqual(readConfig({ LOGOUT_INTERNAL_HOSTS }).logoutInternalHosts, [
    'books.internal',
    '10.0.0.7',
    '[fd00::7]',
  ]);
  for (const host of [
    'https://a.example',
    'a.example:443',
    'a.example/',
    '*',
    'u@a.example',
    '10.0.0.0/8',
    '10.7',
  ])
    assert.equal(problemsOf({ LOGOUT_INTERNAL_HOSTS: host }).length, 1, host);
});

test('the operator has a port of their own in production, and elsewhere where it is set', () => {
  assert.equal(readConfig({}).operations, undefined);
  assert.deepEqual(readConfig(production).operations, { host: '127.0.0.1', port: 4001 });
  const own = { OPERATIONS_PORT: '0', OPERATIONS_HOST: '0.0.0.0' };
  assert.deepEqual(readConfig(own).operations, { host: '0.0.0.0', port: 0 });
  assert.deepEqual(problemsOf({ PORT: '9000', OPERATIONS_PORT: '9000' }), [
    'OPERATIONS_PORT: the same as PORT',
  ]);
  assert.deepEqual(problemsOf({ OPERATIONS_HOST: '0.0.0.0' }), [
    'OPERATIONS_HOST: there is no port of that host without OPERATIONS_PORT',
  ]);
});
