import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { instant } from '#domain/kernel/instant.ts';
import { type Presence, presenceOf } from '#engines/read-store/mongodb/presence.ts';
import { watched } from '#engines/standing.ts';
import { until } from '#test/support/until.ts';

const engineOf = () => watched('mongodb://one/views', () => instant(Date.UTC(2026, 0, 1)));

/** A server that fails when it is asked for the time that is given, and no other. */
function asking(engine: ReturnType<typeof engineOf>, failsAt: (time: number) => boolean) {
  let asked = 0;
  const server: Presence = presenceOf({
    engine,
    async ping() {
      asked += 1;
      if (failsAt(asked)) throw new Error('nobody is there');
    },
    failed(error) {
      engine.failed(error, 'reads');
      server.lost(error as Error, 'absent');
    },
  });
  after(server.close);
  return { server, asked: () => asked };
}

test('a server that was away is up once it answers the question that asks on, though nobody else asks', async () => {
  const engine = engineOf();
  const { server, asked } = asking(engine, (time) => time < 2);
  const absent = new Error('nobody is there');
  for (const side of ['reads', 'writes'] as const) engine.failed(absent, side);
  server.lost(absent, 'absent');
  assert.equal(server.away(), absent);
  await until(() => server.away() === undefined, 'it is found');
  assert.equal(engine.standing().state, 'up');
  assert.equal(asked(), 2);
});

test('a server that dies while nobody wants anything of it is known to be away, and when it is there again', async () => {
  const engine = engineOf();
  const { server, asked } = asking(engine, (time) => time === 2 || time === 3);
  await until(() => engine.standing().state === 'down', 'it is missed');
  assert.equal(asked(), 2);
  assert.match(server.away()?.message ?? '', /nobody is there/);
  await until(() => engine.standing().state === 'up', 'it is found');
  assert.equal(asked(), 4);
  assert.equal(server.away(), undefined);
});

test('a server that answers others is not lost for the one question that it leaves', async () => {
  const engine = engineOf();
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  let failures = 0;
  const server = presenceOf({
    engine,
    ping: () => {
      asked.resolve();
      return answer.promise;
    },
    failed: () => {
      failures += 1;
    },
  });
  after(server.close);
  await asked.promise;
  server.found();
  answer.reject(new Error('late'));
  await new Promise(setImmediate);
  assert.equal(failures, 0);
});
