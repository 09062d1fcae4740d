import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '#domain/kernel/instant.ts';
import { presenceOf } from '#engines/read-store/mongodb/presence.ts';
import { watched } from '#engines/standing.ts';
import { until } from '#test/support/until.ts';

test('a server that was away is up once it answers the question that asks on, though nobody else asks', async () => {
  const engine = watched('mongodb://one/views', () => instant(Date.UTC(2026, 0, 1)));
  let asked = 0;
  const server = presenceOf(async () => {
    asked += 1;
    if (asked < 2) throw new Error('not yet');
  }, engine);
  const absent = new Error('nobody is there');
  for (const side of ['reads', 'writes'] as const) engine.failed(absent, side);
  server.lost(absent, 'absent');
  assert.equal(server.away(), absent);
  await until(() => server.away() === undefined, 'it is found');
  assert.equal(engine.standing().state, 'up');
  assert.equal(asked, 2, 'nobody asks any more');
});
