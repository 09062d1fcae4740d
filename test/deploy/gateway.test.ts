import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readConfig } from '#config';
import { CLOCK_TOLERANCE_SECONDS } from '#engines/tokens/claims.ts';
import { operationOf } from '#write-side/accounts/http/operations.ts';
import { BODY_BYTES } from '#write-side/rest/body.ts';
import { caddyProblems, krakendProblems, moduleProblems } from './gateway-files.ts';

// The files of deploy/gateway, as far as files can be tried; what they do is tried by `npm run test:gateway`.

const root = join(import.meta.dirname, '../..');
const text = (path: string): string => readFileSync(join(root, path), 'utf8');
const krakend = text('deploy/gateway/krakend.json');
const caddy = text('deploy/gateway/Caddyfile');
const main = text('deploy/gateway/krakend/main.go');
const platform = {
  schema: text('read-api/schema.graphql'),
  audience: readConfig({}).tokens.audience,
  toleranceSeconds: CLOCK_TOLERANCE_SECONDS,
  routes: ['POST /commands/{context}/{command}', 'POST /graphql', 'GET /graphql'],
};
const methods = new Set(['GET', 'HEAD', 'POST', 'OPTIONS']);
for (const { method } of Object.values(operationOf)) methods.add(method.toUpperCase());
const foundInCaddy = (file: string) => caddyProblems(file, BODY_BYTES, [...methods]);
const found = (file: string) => krakendProblems(file, platform, main);

test('KrakenD is asked for what the platform has, and sends on no more than it reads', () => {
  assert.deepEqual(found(krakend), []);
});

test('a mistake in its file is noticed', () => {
  const planted: readonly (readonly [from: string, to: string, says: RegExp])[] = [
    ['"alg": "EdDSA"', '"alg": "none"', /alg/],
    ['"X-Request-Id"', '"Connection"', /input_headers/],
    [
      '"/commands/{context}/{command}",\n          "method"',
      '"/orders/{command}",\n          "method"',
      /has no POST \/orders/,
    ],
    ['{ wallets(first: 100)', '{ purses(first: 100)', /purses/],
    ['/oidc/jwks', '/keys', /keys are elsewhere/],
    ['"audience": ["annals"]', '"audience": ["others"]', /audience/],
    ['"leeway": "5s"', '"leeway": "0s"', /another leeway/],
    ['"endpoint": "/anonymous/graphql"', '"endpoint": "/graphql"', /twice/],
    ['"trusted_proxies"', '"trusted"', /trusted_proxies/],
    ['"timeout": "5s"', '"timeout": "5s", "surprise": true', /surprise/],
  ];
  for (const [from, to, says] of planted) {
    assert.ok(krakend.includes(from), from);
    assert.match(found(krakend.replace(from, to)).join('\n'), says);
  }
  const withToken = krakend.replace(
    /("\/anonymous\/graphql",[\s\S]*?"Accept-Language",)/,
    '$1 "Authorization",',
  );
  assert.match(found(withToken).join('\n'), /a token is sent on where it was checked/);
  const unbuilt = main.replace('"auth/validator"', '"auth/other"');
  assert.match(krakendProblems(krakend, platform, unbuilt).join('\n'), /auth\/validator is not built in/);
});

test('Caddy lets the rules judge, reads no more than the platform, and gives a reason for each exception', () => {
  assert.deepEqual(foundInCaddy(caddy), []);
  const planted: readonly (readonly [from: string, to: string, says: RegExp])[] = [
    ['SecAuditEngine Off', 'SecAuditEngine On', /SecAuditEngine Off: missing/],
    ['SecRuleEngine On', 'SecRuleEngine DetectionOnly', /SecRuleEngine On: missing/],
    ['max_size 131072', 'max_size 1048576', /max_size 131072: missing/],
    ['!ARGS:json.query|', '!ARGS:json.query,', /written with \|/],
    ['ARGS:/(?i)^', 'ARGS:/^', /by \(\?i\) alone/],
    ['POST DELETE OPTIONS', 'POST OPTIONS', /DELETE is not let through/],
    ['\t\t\t\t# Passwords and codes', '\n\t\t\t\t', /without a reason/],
    ['\t\t\t\t# What people write', '\n\t\t\t\t', /without a reason/],
    ['ById 932125 ', 'ById 932125 932130 ', /by its id stands alone/],
    ['ById 942350 "!ARGS:/(?i)^', 'ById 942350 "!ARGS:/(?i)^other|^', /without a reason/],
    ['GATEWAY_TLS:', 'GATEWAY_PAPERS:', /GATEWAY_PAPERS is not told of/],
  ];
  for (const [from, to, says] of planted) {
    assert.ok(caddy.includes(from), from);
    assert.match(foundInCaddy(caddy.replace(from, to)).join('\n'), says);
  }
});

test('both are built from modules that are known by version and content', () => {
  for (const name of ['caddy', 'krakend']) {
    const [mod, sum] = [text(`deploy/gateway/${name}/go.mod`), text(`deploy/gateway/${name}/go.sum`)];
    assert.deepEqual(moduleProblems(mod, sum), [], name);
    assert.notDeepEqual(moduleProblems(mod, sum.split('\n').slice(40).join('\n')), []);
    assert.notDeepEqual(moduleProblems(`${mod}\nreplace a => ../b\n`, sum), []);
  }
});
