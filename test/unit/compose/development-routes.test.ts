import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Router } from 'express';
import { registry } from '#compose/contexts.ts';
import { clockOperations, developmentClock } from '#compose/development-clock.ts';
import { developmentOutbox, outboxOperations } from '#compose/development-outbox.ts';
import { developmentPayments, paymentOperations } from '#compose/development-payments.ts';
import { developmentIssuer, tokenOperations } from '#write-side/identity/development-issuer.ts';
import { openApi } from '#write-side/rest/openapi.ts';

// What a router does with a request does not matter here, so that it is given nothing to do it with.
const nothing = {} as never;
const routes: readonly (readonly [Router, typeof tokenOperations])[] = [
  [developmentIssuer(nothing), tokenOperations],
  [developmentPayments(nothing), paymentOperations],
  [developmentClock(nothing), clockOperations],
  [developmentOutbox(nothing), outboxOperations],
];

/** `post /dev/payments/{paymentId}`, as OpenAPI writes it. */
const servedBy = ({ stack }: Router): readonly string[] =>
  stack.flatMap(({ route }) =>
    (route?.stack ?? []).map(({ method }) => `${method} ${route?.path.replace(/:(\w+)/g, '{$1}')}`),
  );

type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly tags: readonly string[] }>>>>;
  readonly components: { readonly schemas: object; readonly parameters: object; readonly responses: object };
};
const all = routes.flatMap(([, operations]) => operations);
const document = openApi(registry, { version: '1', development: all }) as unknown as Document;
const described = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => `${method} ${path}`),
);

test('every convenience that development serves is in the OpenAPI document, tagged as one, and in no other', () => {
  const served = routes.flatMap(([router]) => servedBy(router));
  assert.ok(served.length > 3);
  assert.deepEqual(described.filter((one) => one.includes(' /dev/')).sort(), served.toSorted());
  for (const { path, method } of all)
    assert.deepEqual(document.paths[path]?.[method]?.tags, ['development'], path);
  const without = openApi(registry, { version: '1' }) as unknown as Document;
  assert.doesNotMatch(JSON.stringify(without), /\/dev\/|"development"/);
});

test('whatever their description refers to is there', () => {
  const text = JSON.stringify(document);
  for (const [, part = '', name = ''] of text.matchAll(/"#\/components\/(\w+)\/(\w+)"/g))
    assert.ok(
      Object.hasOwn(document.components[part as keyof Document['components']], name),
      `${part}/${name}`,
    );
});

test('what they say of a body is what parses it', () => {
  const { schemas } = document.components as unknown as {
    readonly schemas: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  assert.deepEqual(schemas.PaymentTelling?.required, ['outcome', 'amount']);
  assert.equal(schemas.PaymentTelling?.additionalProperties, false);
  assert.match(JSON.stringify(schemas.ClockMove), /\[0-8\]/);
});
