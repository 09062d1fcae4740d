import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '#domain/kernel/canonical.ts';
import { tokenOperations } from '#write-side/identity/development-issuer.ts';
import { openApi } from '#write-side/rest/openapi.ts';
import { describedBy } from '../../../support/described.ts';
import { registry } from './bells.ts';

const api = openApi(registry, { version: '1.2.3' }) as JsonObject & {
  paths: Record<string, { post: { responses: Record<string, { description: string }> } }>;
  components: { schemas: Record<string, Record<string, unknown>> };
};

/** Every `$ref` in a document. */
const references = (value: unknown): readonly string[] =>
  typeof value !== 'object' || value === null
    ? []
    : Object.entries(value).flatMap(([key, inner]) =>
        key === '$ref' && typeof inner === 'string' ? [inner] : references(inner),
      );

const resolves = (path: string): boolean => {
  let at: unknown = api;
  for (const step of path.split('/').slice(1)) at = (at as Record<string, unknown> | undefined)?.[step];
  return at !== undefined;
};

const commandsOf = (paths: JsonObject) => Object.keys(paths).filter((path) => path.startsWith('/commands/'));

test('OpenAPI has a path for each public command and for no other', () => {
  assert.deepEqual(commandsOf(api.paths), ['/commands/bells/ring-bell']);
});

const tagsOf = (paths: JsonObject, path: string) =>
  (paths[path] as { readonly post?: { readonly tags?: readonly string[] } }).post?.tags;

test('what the port serves beside commands is described, and conveniences only where they are', () => {
  const others = ['/health/live', '/health/ready', '/webhooks/payments'];
  assert.deepEqual(Object.keys(api.paths), ['/commands/bells/ring-bell', ...others]);
  const { paths, servers } = openApi(registry, {
    version: '1',
    development: tokenOperations,
    servers: ['https://annals.example'],
  });
  assert.ok(Object.hasOwn(paths as JsonObject, '/dev/tokens'));
  assert.deepEqual(tagsOf(paths as JsonObject, '/dev/tokens'), ['development']);
  assert.deepEqual(servers, [{ url: 'https://annals.example' }]);
  assert.equal(api.servers, undefined);
});

test('every reference in it leads somewhere, and every name is an identifier', () => {
  assert.ok(references(api).length > 20);
  assert.deepEqual(
    references(api).filter((path) => !resolves(path)),
    [],
  );
  for (const name of Object.keys(api.components.schemas)) assert.match(name, /^[A-Z][A-Za-z]*$/);
});

test('each no that a command can get is documented under its status', () => {
  const responses = api.paths['/commands/bells/ring-bell']?.post.responses ?? {};
  const statuses = '200 202 400 401 403 408 409 413 415 417 422 429 431 500 503';
  assert.deepEqual(Object.keys(responses), statuses.split(' '));
  assert.match(responses['422']?.description ?? '', /too_soft/);
  assert.deepEqual(responses['503'], { $ref: '#/components/responses/Status503' });
  const { responses: common } = api.components as unknown as { responses: typeof responses };
  assert.match(common.Status503?.description ?? '', /overloaded[\s\S]*unavailable[\s\S]*contended/);
});

test('amounts are strings, unknown fields are refused at every depth, and what is secret is not even mentioned', () => {
  const { schemas } = api.components;
  const asked = describedBy(api);
  const misfit = (value: object) => asked.misfit({ $ref: '#/components/schemas/RingBellCommand' }, value);
  const fee = { amount: '1', currency: 'USD' };
  assert.equal(misfit({ bell: 'x', fee }), undefined);
  assert.match(misfit({ bell: 'x', fee, extra: 1 }) ?? '', /additional/);
  assert.match(misfit({ bell: 'x', fee: { ...fee, extra: 1 } }) ?? '', /fee.*additional/);
  assert.match(misfit({ bell: 'x', fee: { ...fee, amount: 1 } }) ?? '', /amount/);
  // What is answered may grow: whoever reads it tolerates fields.
  assert.equal(schemas.Money?.additionalProperties, undefined);
  assert.equal(schemas.MinorUnits?.type, 'string');
  for (const name of ['RungEvent', 'TooSoftRejection']) {
    assert.doesNotMatch(JSON.stringify(schemas[name]), /whisper/);
    assert.match(JSON.stringify(schemas[name]), /"name"/, 'what stands beside it is');
  }
});

test('commands that only processes send are not described', () => {
  assert.doesNotMatch(JSON.stringify(api), /mute-bell|MuteBell/);
});
