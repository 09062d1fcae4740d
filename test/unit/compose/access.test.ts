import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { accessOf } from '#compose/access.ts';
import { openStores } from '#compose/stores.ts';
import { type EngineFiles, UnusableError } from '#config';
import { systemClock } from '#engines/clock/system.ts';
import { EXIT, exitCodeOf } from '#exit';

const folder = mkdtempSync(join(tmpdir(), 'annals-access-'));
after(() => rm(folder, { recursive: true }));

const tls = join(import.meta.dirname, '../../fixtures/tls');
const [authority, certificate] = [join(tls, 'authority.pem'), join(tls, 'server.pem')];
const server = readFileSync(certificate, 'utf8');
const key = server.slice(server.indexOf('-----BEGIN PRIVATE KEY'));
const encoding = { format: 'pem', type: 'pkcs8' } as const;
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

const none = { credentials: undefined, authority: undefined, certificate: undefined };
let files = 0;
async function fileOf(content: string): Promise<string> {
  files += 1;
  const file = join(folder, `file-${files}`);
  await writeFile(file, content);
  return file;
}

/** Refused by setting and file, in one line, and nothing that stands in the file is told. */
async function refused(
  setting: string,
  given: Partial<EngineFiles>,
  file: string,
  why: string,
): Promise<void> {
  const engine = setting.startsWith('BUS') ? 'BUS' : 'READ_STORE';
  await assert.rejects(accessOf(engine, { ...none, ...given }), (error: Error) => {
    assert.ok(error instanceof UnusableError);
    assert.ok(error.message.startsWith(`${setting} cannot be used: `), error.message);
    assert.ok(error.message.includes(file) && error.message.includes(why), error.message);
    assert.doesNotMatch(`${error.message}${error.stack}${String(error.cause)}`, /s3cret|MI[A-Z]{2}/);
    assert.equal(exitCodeOf(error), EXIT.unusable);
    return true;
  });
}

test('what lets us in is read from its files, and nothing where there are none', async () => {
  assert.deepEqual(await accessOf('READ_STORE', none), none);
  const credentials = await fileOf('{"username": "ann", "password": "s3cret"}\n');
  assert.deepEqual(await accessOf('BUS', { credentials, authority, certificate }), {
    credentials: { username: 'ann', password: 's3cret' },
    authority: { file: authority, text: readFileSync(authority, 'utf8') },
    certificate: { file: certificate, text: server },
  });
  const keyFirst = await fileOf(`${key}${server.slice(0, server.indexOf(key))}`);
  assert.equal((await accessOf('BUS', { ...none, certificate: keyFirst })).certificate?.file, keyFirst);
});

test('credentials that cannot be used are refused by setting and file, and repeated nowhere', async () => {
  const wrong = [
    '',
    's3cret',
    '{"username": "ann", "password": s3cret}',
    '{"ann": "s3cret"}',
    '{"username": "ann"}',
    '{"username": "", "password": "s3cret"}',
    '{"username": "ann", "password": ""}',
    '{"username": "ann", "password": 7}',
    '{"username": "ann", "password": "s3cret", "s3cret": 1}',
    '["ann", "s3cret"]',
  ];
  for (const content of wrong) {
    const file = await fileOf(content);
    const why = 'holds no {"username": …, "password": …}';
    await refused('READ_STORE_CREDENTIALS_FILE', { credentials: file }, file, why);
    await refused('BUS_CREDENTIALS_FILE', { credentials: file }, file, why);
  }
  const missing = join(folder, 'missing');
  await refused('BUS_CREDENTIALS_FILE', { credentials: missing }, missing, 'ENOENT');
  const long = await fileOf(`{"username": "ann", "password": "${'s3cret'.repeat(200_000)}"}`);
  await refused('BUS_CREDENTIALS_FILE', { credentials: long }, long, 'more than 1048576 bytes');
});

test('certificates that cannot be used are refused by setting and file, and repeated nowhere', async () => {
  const nothing = await fileOf('s3cret');
  const broken = await fileOf('-----BEGIN CERTIFICATE-----\ns3cret\n-----END CERTIFICATE-----\n');
  for (const file of [nothing, broken, await fileOf(key)]) {
    await refused('READ_STORE_CA_FILE', { authority: file }, file, 'holds no certificate in PEM');
    await refused('BUS_CERTIFICATE_FILE', { certificate: file }, file, 'holds no certificate in PEM');
  }
  await refused('BUS_CERTIFICATE_FILE', { certificate: authority }, authority, 'holds no key in PEM');
  const locked = other.export({ ...encoding, cipher: 'aes-256-cbc', passphrase: 's3cret' });
  const chain = readFileSync(authority, 'utf8');
  const withPassword = await fileOf(`${chain}${locked}`);
  await refused('BUS_CERTIFICATE_FILE', { certificate: withPassword }, withPassword, 'without a password');
  const mixed = await fileOf(`${chain}${other.export(encoding)}`);
  await refused('BUS_CERTIFICATE_FILE', { certificate: mixed }, mixed, 'a key of another certificate');
  await refused('READ_STORE_CA_FILE', { authority: folder }, '', 'EISDIR');
});

test('stores are not opened with files that cannot be used', async () => {
  const credentials = await fileOf('s3cret');
  const readStore = {
    ...{ engine: 'mongodb' as const, url: 'mongodb://127.0.0.1:1', address: 'mongodb://127.0.0.1:1/annals' },
    ...{ database: 'annals', files: { ...none, credentials } },
  } as const;
  await assert.rejects(
    openStores({ profile: 'mongodb', folder, readStore }, { clock: systemClock() }),
    new RegExp(`^UnusableError: READ_STORE_CREDENTIALS_FILE cannot be used: ${credentials} holds no`),
  );
});
