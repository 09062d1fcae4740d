import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '#domain/kernel/canonical.ts';
import type { StoredEvent } from '#domain/kernel/envelope.ts';

/** An event as it was stored, without its place. */
export interface StoredExample {
  readonly type: string;
  readonly data: JsonObject;
  readonly metadata: JsonObject;
}

const FIXTURES = join(import.meta.dirname, '../fixtures');

/** Of `events-v1.json`, `events-v1-notes.json` and the like: the number says in which version of the platform they came. */
const examplesOf = (version: RegExp): readonly StoredExample[] =>
  readdirSync(FIXTURES)
    .filter((file) => version.test(file))
    .toSorted()
    .flatMap((file): readonly StoredExample[] => JSON.parse(readFileSync(join(FIXTURES, file), 'utf8')));

/** Of every event one as it was first stored. */
export const firstExamples = examplesOf(/^events-v1(-[a-z]+)?\.json$/);
/** Those, and of every later version one. */
export const examples = [...firstExamples, ...examplesOf(/^events-v([2-9]|\d\d+)(-[a-z]+)?\.json$/)];

/** Gives an example a place, always the same. */
export const placed = ({ type, data, metadata }: StoredExample): StoredEvent => ({
  ...{ eventId: '0198c0de-0000-7000-8000-000000000001', type, stream: 'thing-1', revision: 0 },
  ...{ position: 1n, recordedAt: '2026-03-01T12:00:00.000Z', data, metadata },
});
