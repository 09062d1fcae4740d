import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { BusError } from '#domain/kernel/ports/bus.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import { until } from '#test/support/until.ts';
import { coded, freshName, record, text } from '../contracts/bus.suite.ts';
import { cuttingProxy } from './cutting-proxy.ts';
import { closeAll, kafkaOptions, opening, reading } from './kafka-given.ts';
import { KNOWN, type OwnKafka, TLS } from './kafka-server.ts';
import { numbering, twelve } from './numbering.ts';
import { ownKafkaFor } from './servers.ts';

// What only a broker of our own can be made to do.

const own = await ownKafkaFor('a Kafka that fails');
after(async () => {
  await closeAll();
  await own?.end();
});
if (own !== undefined) failures(own);

const complaints: string[] = [];
const log: Log = {
  info() {},
  warn: (_, message) => void complaints.push(message),
  error: (_, message) => void complaints.push(message),
};

/** In the order in which it bears it. */
function failures(server: OwnKafka): void {
  describe('bus: kafka that fails', () => {
    it('lets in by a password, and says of a wrong one no more than that', async () => {
      const at = kafkaOptions(`kafka://${server.byPassword}`, log);
      const bus = opening({ ...at, credentials: KNOWN });
      const topic = freshName();
      await bus.declare([{ name: topic, partitions: 1 }]);
      await bus.send([record(topic, 'k', 'v')]);
      const wrong = opening({ ...at, credentials: { ...KNOWN, password: 'quite-another-one' } });
      const refused = await wrong.send([record(topic, 'k', 'v')]).catch((error: unknown) => error);
      assert.ok(refused instanceof BusError && refused.code === 'refused', String(refused));
      assert.ok(
        refused.message.startsWith(`${at.address}: `) && /authentication failed/i.test(refused.message),
      );
      const { consumer } = reading(wrong, topic);
      const problem = await until(() => consumer.problem(), 'it says so');
      const { state, lastError } = wrong.standing();
      assert.equal(state, 'down');
      const told = [refused.message, problem, lastError?.message, ...complaints].join();
      assert.doesNotMatch(told, /quite-another-one|only-for-this-test/);
      await Promise.all([bus.close(), wrong.close()]);
    });

    it('is reached over TLS by whoever has a certificate and knows whose the broker’s is, and by nobody else', async () => {
      const [authority, certificate] = [TLS.authority, TLS.certificate].map((file) =>
        readFileSync(file, 'utf8'),
      );
      const at = { ...kafkaOptions(`kafka://${server.overTls}`, log), tls: true };
      const bus = opening({ ...at, authority, certificate });
      const topic = freshName();
      await bus.declare([{ name: topic, partitions: 1 }]);
      const { seen, consumer } = reading(bus, topic);
      await consumer.joined;
      await bus.send([record(topic, 'k', 'v')]);
      await until(() => seen.length === 1, 'it came');
      assert.equal(bus.standing().state, 'up');
      const strangers = {
        'alert bad certificate': { authority },
        'unable to verify the first certificate': { certificate },
        'Closed connection': { tls: false },
      };
      const refusals = Object.entries(strangers).map(async ([why, given]) => {
        const stranger = opening({ ...at, ...given });
        const refused = await stranger.send([record(topic, 'k', 'v')]).catch((error: unknown) => error);
        assert.ok(refused instanceof BusError && refused.message.startsWith(`${at.address}: `), why);
        assert.ok(refused.message.includes(why), refused.message);
        assert.equal(stranger.standing().state, 'down', why);
        await stranger.close();
      });
      await Promise.all(refusals);
      await bus.close();
    });

    it('is seen to be dead, and to be there again, by a process that has nothing to send', async () => {
      complaints.length = 0;
      const bus = opening(kafkaOptions(server.url, log));
      await until(() => bus.standing().state === 'up' && bus.standing().errors === 0, 'it is there');
      server.signal('SIGKILL');
      await until(() => bus.standing().state === 'down', 'it is missed');
      assert.match(bus.standing().lastError?.message ?? '', /^kafka:/);
      await server.start();
      await until(() => bus.standing().state === 'up', 'it is there again');
      await bus.close();
    });

    it('loses nothing that stands where answers are lost, whatever is sent behind it', async (t) => {
      let [answers, cutting] = [0, false];
      // Nine in a row, so that the driver gives a batch up, then five that arrive.
      const proxy = await cuttingProxy(server.proxy, () => cutting && answers++ % 14 < 9);
      t.after(proxy.end);
      const bus = opening(kafkaOptions(`kafka://127.0.0.1:${server.proxy.port}`));
      const topic = freshName();
      await bus.declare([{ name: topic, partitions: 1 }]);
      cutting = true;
      const numbers = numbering(bus, topic, twelve, false);
      await until(() => numbers.least() > 6, 'it goes on');
      cutting = false;
      await numbers.stop();
      await numbers.checkRead(reading(bus, topic).seen);
      await bus.close();
    });

    it('loses nothing that stands and keeps the order of keys while the broker is killed and comes back', async () => {
      const bus = opening(kafkaOptions(server.url));
      const topic = freshName();
      await bus.declare([{ name: topic, partitions: 4 }]);
      const { seen, consumer } = reading(bus, topic);
      await consumer.joined;
      const numbers = numbering(bus, topic, twelve);
      await until(() => numbers.least() > 20, 'it goes');
      server.signal('SIGKILL');
      await pause(300);
      await server.start();
      const before = numbers.least();
      await until(() => numbers.least() > before + 20, 'it goes on');
      await numbers.stop();
      await numbers.checkRead(seen);
      await until(() => bus.standing().state === 'up', 'it is up');
      await until(() => consumer.problem() === undefined, 'all is well');
      await bus.close();
    });

    it('says within a bounded time that a broker hangs, and works when it goes on', async () => {
      const bus = opening(kafkaOptions(server.url));
      const topic = freshName();
      await bus.declare([{ name: topic, partitions: 1 }]);
      const { seen, consumer } = reading(bus, topic);
      await bus.send([record(topic, 'k', '0')]);
      await until(() => seen.length === 1, 'it came');
      server.signal('SIGSTOP');
      const began = performance.now();
      const sent = ['1', '2'].map((value) => bus.send([record(topic, 'k', value)]));
      const outcomes = await Promise.allSettled(sent);
      const tookMs = performance.now() - began;
      for (const outcome of outcomes)
        assert.ok(outcome.status === 'rejected' && coded('unavailable')(outcome.reason));
      assert.ok(tookMs < 30_000, `${tookMs} ms`);
      assert.equal(bus.standing().state, 'down');
      assert.match(await until(() => consumer.problem(), 'the consumer says so'), /^kafka:/);
      server.signal('SIGCONT');
      for (const value of ['1', '2', '3']) await bus.send([record(topic, 'k', value)]);
      assert.equal(bus.standing().state, 'up');
      await until(() => seen.some(({ value }) => text(value) === '3'), 'it goes on');
      assert.deepEqual([...new Set(seen.map(({ value }) => text(value)))], ['0', '1', '2', '3']);
      await until(() => consumer.problem() === undefined, 'all is well');
      await bus.close();
    });
  });
}
