import assert from 'node:assert/strict';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { readPair, UnusablePairError } from '#engines/tls/pair.ts';
import { authorityOf, type Issued } from '#test/support/certificates.ts';

// A certificate and its key, as they are found in files: what is wrong is told by the file that it is in, and by nothing of its content.

let folder = '';
let one: Issued;
let other: Issued;
let authority = '';
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'annals-pair-'));
  const issuer = await authorityOf('One');
  authority = issuer.cert;
  [one, other] = await Promise.all([issuer.issue(), issuer.issue(['127.0.0.1'], 3)]);
  return () => rmSync(folder, { recursive: true, force: true });
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test('of all certificates that are shown the first to end counts', async () => {
  const chain = file('chain.pem', one.cert + other.cert);
  const { endsAt, ca } = await readPair({ certificate: chain, key: file('one.key', one.key) });
  assert.equal(Date.parse(endsAt), new X509Certificate(other.cert).validToDate.getTime());
  assert.equal(ca, undefined);
});

test('certificate and key may be in one file', async () => {
  const both = file('both.pem', one.key + one.cert);
  const authorityFile = file('ca.pem', authority);
  const pair = await readPair({ certificate: both, key: both, authority: authorityFile });
  assert.equal(pair.ca, authority);
});

const encrypted = (type: 'pkcs1' | 'pkcs8'): string =>
  generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    privateKeyEncoding: { type, format: 'pem', cipher: 'aes-256-cbc', passphrase: 's3cret' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;

test('what cannot be used is told by its file', async () => {
  const cases: readonly (readonly [cert: string, key: string, which: string, says: RegExp])[] = [
    [one.cert, other.key, 'key', /b\.pem is the key of another certificate than .*a\.pem$/],
    [one.cert, encrypted('pkcs8'), 'key', /b\.pem is encrypted: a key without a password is needed$/],
    [one.cert, encrypted('pkcs1'), 'key', /b\.pem is encrypted/],
    [one.cert, one.cert, 'key', /b\.pem holds no private key in PEM$/],
    [one.cert, one.key.slice(0, 100), 'key', /b\.pem holds no private key in PEM$/],
    [one.cert.slice(0, 200), one.key, 'certificate', /a\.pem holds no certificate in PEM$/],
    ['', one.key, 'certificate', /a\.pem holds no certificate in PEM$/],
  ];
  for (const [cert, key, which, says] of cases) {
    const files = { certificate: file('a.pem', cert), key: file('b.pem', key) };
    const error = await readPair(files).then(
      () => assert.fail(String(says)),
      (failed: Error) => failed,
    );
    assert.ok(error instanceof UnusablePairError, String(error));
    assert.equal(error.which, which);
    assert.match(error.message, says);
    assert.doesNotMatch(error.message, /s3cret|BEGIN/);
  }
  const key = file('b.pem', one.key);
  await assert.rejects(readPair({ certificate: join(folder, 'missing'), key }), { which: 'certificate' });
  const certificate = file('a.pem', one.cert);
  await assert.rejects(readPair({ certificate, key, authority: key }), { which: 'authority' });
});
