import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { openLog } from '#compose/log.ts';
import { startPlatform } from '#compose/platform.ts';
import { ConfigError, type PlatformRole, readConfig, roles } from '#config';
import { EXIT, exitCodeOf } from '#exit';
import { certificateFile } from '#test/support/transport.ts';

// What a setting names is read before any engine is waited for, and all that is wrong with it is told by one start.

let root = '';
let bad = '';
before(() => {
  root = mkdtempSync(join(tmpdir(), 'annals-files-'));
  bad = join(root, 'bad');
  writeFileSync(bad, 's3cret');
  return () => rmSync(root, { recursive: true, force: true });
});

/** Nobody is there: whoever asked them first would wait for a minute. */
const NOBODY = {
  READ_STORE: 'mongodb://127.0.0.1:1',
  BUS: 'kafka://127.0.0.1:1',
  SERVICE_URL: 'http://127.0.0.1:1',
};
const APART: readonly PlatformRole[] = ['read-api', 'publisher'];

async function refused(
  environment: Readonly<Record<string, string>>,
  chosen: readonly PlatformRole[],
): Promise<readonly string[]> {
  const DATA_DIR = mkdtempSync(join(root, 'data-'));
  const told: object[] = [];
  const log = openLog('warn', { write: (line) => told.push(JSON.parse(line) as object) });
  const config = readConfig({ PORT: '0', DATA_DIR, ...environment }, chosen);
  const failed = await startPlatform({ config, version: 'test', log, onFatal: assert.fail }).then(
    () => assert.fail('it has started'),
    (error: Error) => error,
  );
  assert.equal(exitCodeOf(failed), EXIT.unusable, failed.message);
  assert.doesNotMatch(failed.message, /s3cret/);
  assert.deepEqual(told, [], 'nobody was waited for');
  assert.deepEqual(readdirSync(DATA_DIR), []);
  const lines = failed instanceof ConfigError ? failed.problems : [failed.message];
  return lines.map((line) => line.split(' cannot be used: ')[0] ?? '');
}

test('every bad file is told at once, of whatever engine', async () => {
  const files = {
    READ_STORE_CREDENTIALS_FILE: bad,
    READ_STORE_CA_FILE: bad,
    READ_STORE_CERTIFICATE_FILE: join(root, 'missing'),
    BUS_CREDENTIALS_FILE: bad,
    BUS_CA_FILE: bad,
    SERVICE_KEY_FILE: bad,
    TOKEN_KEY_FILE: bad,
  };
  const names = Object.keys(files).sort();
  assert.deepEqual([...(await refused({ ...NOBODY, ...files }, APART))].sort(), names);
  assert.deepEqual([...(await refused({ ...NOBODY, ...files }, roles))].sort(), names);
  for (const name of names) assert.deepEqual(await refused({ ...NOBODY, [name]: bad }, APART), [name]);
});

test('a key that is named and missing is refused and never made: another one would void all that the one before has signed or sealed', async () => {
  const files = { TOKEN_KEY_FILE: join(root, 'tokens.json'), MASTER_KEY_FILE: join(root, 'master.key') };
  assert.deepEqual(await refused({ ...NOBODY, ...files }, roles), ['MASTER_KEY_FILE', 'TOKEN_KEY_FILE']);
  assert.deepEqual(
    readdirSync(root).filter((name) => Object.values(files).includes(join(root, name))),
    [],
  );
});

test('whoever sends mails is asked for what lets them in', async () => {
  const server = { ...NOBODY, MAIL: 'smtp://127.0.0.1:1', MAIL_FROM: 'a@b.example' };
  const files = { MAIL_CREDENTIALS_FILE: bad, MAIL_CA_FILE: bad };
  assert.deepEqual(await refused({ ...server, ...files }, roles), ['MAIL_CREDENTIALS_FILE', 'MAIL_CA_FILE']);
  const both = { ...server, ...files, READ_STORE_CA_FILE: bad };
  assert.deepEqual(await refused(both, APART), ['READ_STORE_CA_FILE']);
});

test('a certificate is read with its key, that of roles where they are in several processes', async () => {
  const people = { ...NOBODY, TLS_CERT_FILE: certificateFile, TLS_KEY_FILE: bad };
  const byTls = { ...NOBODY, SERVICE_URL: 'https://127.0.0.1:1' };
  const ofRoles = { ...byTls, SERVICE_CERTIFICATE_FILE: certificateFile, SERVICE_CA_FILE: bad };
  for (const chosen of [APART, roles]) {
    assert.deepEqual(await refused(people, chosen), ['TLS_KEY_FILE']);
    assert.deepEqual(await refused({ ...people, TLS_CERT_FILE: bad }, chosen), ['TLS_CERT_FILE']);
  }
  assert.deepEqual(await refused(ofRoles, APART), ['SERVICE_CA_FILE']);
  const both = { ...people, ...ofRoles, SERVICE_CERTIFICATE_FILE: bad };
  assert.deepEqual(await refused(both, APART), ['TLS_KEY_FILE', 'SERVICE_CERTIFICATE_FILE']);
  assert.deepEqual(await refused({ ...people, ...ofRoles }, roles), ['TLS_KEY_FILE']);
});

test('a role is not asked for what it has no use for', async () => {
  const files = { BUS_CREDENTIALS_FILE: bad, TOKEN_KEY_FILE: bad, READ_STORE_CA_FILE: bad };
  assert.deepEqual(await refused({ ...NOBODY, ...files }, ['projections']), ['READ_STORE_CA_FILE']);
});

test('an address that the driver refuses is a setting to change', async () => {
  const wrong = ['?bogus=1', '?maxPoolSize=many', '?directConnection=true&loadBalanced=true', '?tls=perhaps'];
  for (const option of wrong)
    for (const chosen of [APART, roles])
      assert.deepEqual(
        await refused({ ...NOBODY, READ_STORE: `mongodb://127.0.0.1:1/views${option}` }, chosen),
        ['READ_STORE'],
        option,
      );
  const both = { ...NOBODY, READ_STORE: 'mongodb://127.0.0.1:1/?bogus=1', SERVICE_KEY_FILE: bad };
  assert.deepEqual(await refused(both, APART), ['READ_STORE', 'SERVICE_KEY_FILE']);
});
