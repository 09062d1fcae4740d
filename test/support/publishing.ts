import assert from 'node:assert/strict';
import { z } from 'zod';
import { memoryStores } from '#compose/stores.ts';
import { LotClosing } from '#domain/auctions/auction/messages.ts';
import { auctions } from '#domain/auctions/context.ts';
import { SecretsRead } from '#domain/auctions/inspector/messages.ts';
import type { JsonObject } from '#domain/kernel/canonical.ts';
import type { NewEvent } from '#domain/kernel/message.ts';
import type { Bus, BusRecord, ReceivedRecord } from '#domain/kernel/ports/bus.ts';
import type { Consumer } from '#domain/kernel/ports/consumer.ts';
import type { ConsumerStore } from '#domain/kernel/ports/consumer-store.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import { registryOf } from '#domain/kernel/registry.ts';
import { steadyClock } from '#engines/clock/steady.ts';
import { systemClock } from '#engines/clock/system.ts';
import { consumerLoop } from '#engines/consumer/consumer.ts';
import { newIds } from '#engines/ids.ts';
import { publisher } from '#projections/publishing/publisher.ts';
import { topicsOf } from '#projections/publishing/topics.ts';
import { metadata } from './given.ts';
import { machineClockOf } from './machine-clock.ts';
import { until } from './until.ts';

// A history, whoever publishes it, and somebody who reads the topics and passes over what they have met.

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
const registry = registryOf([auctions]);
const Told = z.object({ id: z.string(), subject: z.string(), streamrevision: z.int(), source: z.string() });

/** What somebody has read of a topic: all of it, and what was new to them. */
class Reader {
  readonly all: z.output<typeof Told>[] = [];
  readonly news: z.output<typeof Told>[] = [];
  readonly #met = new Set<string>();

  take(records: readonly ReceivedRecord[]): void {
    for (const record of records) {
      const told = Told.parse(JSON.parse(text(record.value)));
      assert.equal(text(record.key), told.subject);
      this.all.push(told);
      const name = `${told.source} ${told.id}`;
      if (this.#met.has(name)) continue;
      this.#met.add(name);
      this.news.push(told);
    }
  }
}

type Send = (records: readonly BusRecord[]) => Promise<void>;
/** What becomes of a send, in the place of the bus itself. */
export type Fault = (records: readonly BusRecord[], send: Send) => Promise<void>;

export class World {
  readonly store: EventStore = memoryStores().store;
  readonly machineClock = machineClockOf(steadyClock());
  readonly consumers: ConsumerStore = memoryStores().readStore.consumers;
  readonly reader = new Reader();
  readonly #newId = newIds({ clock: systemClock() });
  readonly #bus: Bus;
  readonly #prefix: string;
  readonly #publishing: Consumer[] = [];

  constructor(bus: Bus, prefix: string) {
    this.#bus = bus;
    this.#prefix = prefix;
  }

  async append(stream: string, event: NewEvent, times = 1): Promise<void> {
    const told = metadata as unknown as JsonObject;
    for (let at = 0; at < times; at++) {
      const one = { eventId: this.#newId(), type: event.type, data: registry.encode(event), metadata: told };
      await this.store.append(stream, 'any', [one]);
    }
  }

  /** A process that publishes. `consumers`: by which it keeps its place. */
  async publish(
    fault: Fault = (records, send) => send(records),
    consumers = this.consumers,
  ): Promise<Consumer> {
    const { store, machineClock: clock } = this;
    const bus = this.#bus;
    const send = (records: readonly BusRecord[]) => fault(records, (some) => bus.send(some));
    const publishing = await consumerLoop({
      feed: store,
      store,
      consumers,
      registry,
      clock,
      owner: `process-${this.#publishing.length}`,
    })(
      publisher({
        ...{ registry, epoch: store.epoch, prefix: this.#prefix },
        bus: { declare: (topics) => bus.declare(topics), send },
      }),
    );
    this.#publishing.push(publishing);
    return publishing;
  }

  /** However a test has ended, nothing runs on. */
  async close(): Promise<void> {
    await Promise.all(this.#publishing.map((one) => one.stop()));
    await this.#bus.close();
  }

  async read(): Promise<void> {
    await this.#bus.declare(topicsOf(registry, this.#prefix));
    const topics = topicsOf(registry, this.#prefix).map(({ name }) => name);
    const reading = this.#bus.consume({
      ...{ group: 'reader', topics },
      handle: async (records) => this.reader.take(records),
    });
    await reading.joined;
  }

  /** Of the streams, each event that leaves, once and in its order. */
  async meetsAll(streams: Readonly<Record<string, number>>): Promise<void> {
    const total = Object.values(streams).reduce((sum, count) => sum + count, 0);
    const { news } = this.reader;
    await until(() => news.length >= total, `${news.length} of ${total} events met`);
    for (const [stream, count] of Object.entries(streams))
      assert.deepEqual(
        news.filter(({ subject }) => subject === stream).map(({ streamrevision }) => streamrevision),
        Array.from({ length: count }, (_, revision) => revision),
        stream,
      );
    assert.equal(news.length, total);
  }
}

export const closing = LotClosing({ auctionId: 'a' });
const shown = SecretsRead({
  ...{ person: 'ida', insight: 'maxima', shownBy: 'ledger' },
  readUntil: '2026-03-01T12:00:00.000Z',
});
export const streams = { 'auction-1': 40, 'auction-2': 25, 'auction-3': 1, 'auction-4': 60 };
/** Everybody's events, mixed. */
export async function begin(world: World): Promise<void> {
  for (let at = 0; at < 60; at++)
    for (const [stream, count] of Object.entries(streams)) {
      if (at < count) await world.append(stream, closing);
      if (at % 10 === 0) await world.append('inspector-ida', shown);
    }
}
