import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '#domain/kernel/canonical.ts';
import type { StoredEvent } from '#domain/kernel/envelope.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures');

/** An event as it was stored, without its place. */
export interface StoredExample {
  readonly type: string;
  readonly data: JsonObject;
  readonly metadata: JsonObject;
}

export const examplesIn = (file: string): readonly StoredExample[] =>
  JSON.parse(readFileSync(join(FIXTURES, file), 'utf8'));

/** Gives an example a place, always the same. */
export const placed = ({ type, data, metadata }: StoredExample): StoredEvent => ({
  ...{ eventId: '0198c0de-0000-7000-8000-000000000001', type, stream: 'thing-1', revision: 0 },
  ...{ position: 1n, recordedAt: '2026-03-01T12:00:00.000Z', data, metadata },
});

/** Of every event, in every version, one as it was stored. */
export const storedExamples: readonly StoredEvent[] = ['events-v1.json', 'events-v2.json', 'events-v3.json']
  .flatMap(examplesIn)
  .map(placed);
