import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, readConfig } from '#config';

// Settings of TLS that belong together.

function problemsOf(environment: Readonly<Record<string, string>>): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

test('a port is plain unless both of its files are named', () => {
  assert.equal(readConfig({}).tls, undefined);
  const both = { TLS_CERT_FILE: '/tls/cert.pem', TLS_KEY_FILE: '/tls/key.pem' };
  assert.deepEqual(readConfig(both).tls, { certificateFile: '/tls/cert.pem', keyFile: '/tls/key.pem' });
  assert.deepEqual(problemsOf({ TLS_CERT_FILE: '/a' }), [
    'TLS_KEY_FILE: it belongs to TLS_CERT_FILE, and is not set',
  ]);
  assert.deepEqual(problemsOf({ TLS_KEY_FILE: '/a' }), [
    'TLS_CERT_FILE: it belongs to TLS_KEY_FILE, and is not set',
  ]);
});

test('roles show certificates where they are told whom to believe, and then speak nothing else', () => {
  const both = { SERVICE_CERTIFICATE_FILE: '/tls/role.pem', SERVICE_CA_FILE: '/tls/ca.pem' };
  assert.deepEqual(readConfig({ ...both, SERVICE_URL: 'https://write-side:4002' }).service.tls, {
    certificateFile: '/tls/role.pem',
    authorityFile: '/tls/ca.pem',
  });
  assert.deepEqual(problemsOf({ SERVICE_CA_FILE: '/a' }), [
    'SERVICE_CERTIFICATE_FILE: it belongs to SERVICE_CA_FILE, and is not set',
  ]);
  assert.deepEqual(problemsOf({ ...both, SERVICE_URL: 'http://write-side:4002' }), [
    'SERVICE_URL: with SERVICE_CERTIFICATE_FILE the roles speak TLS with each other: https://…',
  ]);
});
