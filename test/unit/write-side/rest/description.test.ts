import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '#domain/kernel/canonical.ts';
import { docsPage } from '#write-side/rest/docs-page.ts';
import { openApi } from '#write-side/rest/openapi.ts';
import { registry } from './small-house.ts';

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

test('OpenAPI has a path for each public command and for no other', () => {
  assert.deepEqual(Object.keys(api.paths), ['/commands/bells/ring-bell']);
});

test('every reference in it leads somewhere', () => {
  assert.ok(references(api).length > 20);
  assert.deepEqual(
    references(api).filter((path) => !resolves(path)),
    [],
  );
});

test('each no that a command can get is documented under its status', () => {
  const responses = api.paths['/commands/bells/ring-bell']?.post.responses ?? {};
  assert.deepEqual(Object.keys(responses), [
    '200',
    '202',
    '400',
    '401',
    '403',
    '409',
    '413',
    '415',
    '422',
    '500',
    '503',
  ]);
  assert.match(responses['422']?.description ?? '', /too_soft/);
  assert.match(responses['503']?.description ?? '', /overloaded[\s\S]*unavailable[\s\S]*contended/);
});

test('amounts are strings, unknown fields are refused, and what is secret is not even mentioned', () => {
  const { schemas } = api.components;
  assert.deepEqual(schemas['Command.RingBell']?.additionalProperties, false);
  assert.equal(schemas.MinorUnits?.type, 'string');
  assert.doesNotMatch(JSON.stringify(schemas['Event.Rung']), /whisper/);
  assert.match(JSON.stringify(schemas['Event.Rung']), /"fee"/);
});

test('the page shows public commands only, and what is declared is text, not markup', () => {
  const page = docsPage(registry);
  assert.match(page, /POST \/commands\/bells\/ring-bell/);
  assert.match(page, /&lt;money&gt; &amp; fun/);
  assert.doesNotMatch(page, /mute-bell|MuteBell/);
});
