import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { BusError } from '#domain/kernel/ports/bus.ts';
import { complaintsTo } from '#engines/bus/kafka/client.ts';
import { kafkaStanding } from '#engines/bus/kafka/standing.ts';
import { steadyClock } from '#engines/clock/steady.ts';
import { until } from '#test/support/until.ts';

const clock = steadyClock();

test('a Kafka that dies while nobody sends anything is known to be down, and when it is there again', async () => {
  const kafka = kafkaStanding('kafka://one/annals', clock);
  let asked = 0;
  after(
    kafka.askOn(async () => {
      asked += 1;
      if (asked !== 2) return kafka.answered('reads');
      kafka.failed(new BusError('unavailable', 'kafka://one/annals: nobody is there'), 'reads');
      throw new Error('nobody is there');
    }),
  );
  await until(() => kafka.standing().state === 'down', 'it is missed');
  await until(() => kafka.standing().state === 'up', 'it is found');
  assert.equal(asked, 3);
});

test('what the driver complains of is told with the reason that stands beside it', () => {
  const told: string[] = [];
  const log = { info() {}, error() {}, warn: (_: object, message: string) => void told.push(message) };
  const complaints = complaintsTo({
    ...{ brokers: [], address: 'kafka://one/annals', prefix: 'annals', tls: false, clock, log },
  });
  const tell = (entry: { readonly message: string; readonly error?: string }) =>
    complaints.tell({
      ...{ namespace: 'Connection', level: 1, label: 'ERROR' },
      log: { timestamp: '', ...entry },
    });
  tell({ message: 'Response InitProducerId(key: 22, version: 1)', error: 'The coordinator is loading' });
  tell({ message: 'Connection error: it is gone', error: 'it is gone' });
  assert.deepEqual(told, [
    'kafkajs: Response InitProducerId(key: 22, version: 1): The coordinator is loading',
    'kafkajs: Connection error: it is gone',
  ]);
  assert.equal(complaints.last(), 'Connection error: it is gone');
});
