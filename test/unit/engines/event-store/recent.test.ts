import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StoredEvent } from '#domain/kernel/envelope.ts';
import { recentEvents } from '#engines/event-store/sqlite/recent.ts';

const event = (position: bigint): StoredEvent => ({
  eventId: `e-${position}`,
  type: 'Noted',
  stream: 'note-1',
  revision: Number(position),
  position,
  recordedAt: '2026-03-01T12:00:00.000Z',
  data: {},
  metadata: {},
});
const positions = (page: { events: readonly StoredEvent[] } | undefined) =>
  page?.events.map(({ position }) => position);

describe('the events of the last moments', () => {
  it('are told behind any position since the beginning, in pages', () => {
    const recent = recentEvents(10n);
    recent.put([event(11n), event(12n)], 10);
    recent.put([event(13n)], 5);
    assert.deepEqual(positions(recent.behind(10n, 100)), [11n, 12n, 13n]);
    assert.deepEqual(positions(recent.behind(11n, 100)), [12n, 13n]);
    assert.deepEqual(recent.behind(10n, 2), { events: [event(11n), event(12n)], through: 12n, end: false });
    assert.deepEqual(recent.behind(13n, 2), { events: [], through: 13n, end: true });
  });

  it('are left to the store when older than what is kept, or not here yet', () => {
    const recent = recentEvents(0n, { events: 4, bytes: 1_000 });
    for (let position = 1n; position <= 7n; position++) recent.put([event(position)], 1);
    assert.equal(recent.behind(1n, 100), undefined);
    assert.deepEqual(positions(recent.behind(5n, 100)), [6n, 7n]);
    assert.equal(recent.behind(8n, 100), undefined);
  });

  it('are bounded by their size, too', () => {
    const recent = recentEvents(0n, { events: 1_000, bytes: 100 });
    for (let position = 1n; position <= 20n; position++) recent.put([event(position)], 10);
    assert.equal(recent.behind(2n, 100), undefined);
    assert.deepEqual(positions(recent.behind(18n, 100)), [19n, 20n]);
  });

  it('begin anew behind a place that was not handed in here', () => {
    const recent = recentEvents(0n);
    recent.put([event(1n)], 1);
    recent.put([event(3n)], 1);
    assert.equal(recent.behind(0n, 100), undefined);
    assert.equal(recent.behind(1n, 100), undefined);
    assert.deepEqual(positions(recent.behind(2n, 100)), [3n]);
  });
});
