import { BEGINNING, type Position, type StoredEvent } from '#domain/kernel/envelope.ts';
import {
  type AppendResult,
  type EventStore,
  type EventToAppend,
  type ExpectedRevision,
  StoreError,
} from '#domain/kernel/ports/event-store.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { alwaysUp } from '../standing.ts';
import { checkLimit, encodeAppend, frozen } from './event.ts';
import { matcher } from './filter.ts';
import { followPages, type HistoryPage } from './follow.ts';
import { signalled } from './wake.ts';

export interface MemoryOptions {
  readonly clock: Pick<Clock, 'now'>;
  /** Where the history begins. By default beyond 2^53, so that whoever makes a position a number is found out. */
  readonly firstPosition?: Position;
  /** The distance between neighbours; by default 3, so that whoever counts positions is found out. */
  readonly gap?: bigint;
  readonly epoch?: string;
}

const BEYOND_NUMBERS = 2n ** 53n + 1n;

/** The index of the first event behind `position`. */
function indexBehind(all: readonly StoredEvent[], position: Position): number {
  let low = 0;
  let high = all.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const event = all[middle];
    if (event && event.position <= position) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The answer to an append that is repeated with the same ids behind the same revision, as its first try got it. */
function answeredBefore(
  events: readonly StoredEvent[],
  expected: ExpectedRevision,
  repeated: readonly { readonly eventId: string }[],
): AppendResult | undefined {
  if (expected === 'any') return undefined;
  const from = expected === 'none' ? 0 : expected + 1;
  const first = events.slice(from, from + repeated.length);
  const last = first.at(-1);
  if (!last || first.length < repeated.length) return undefined;
  if (!first.every((event, index) => event.eventId === repeated[index]?.eventId)) return undefined;
  return {
    status: 'appended',
    revision: last.revision,
    position: last.position,
    positions: first.map((event) => event.position),
  };
}

function pageOf(
  all: readonly StoredEvent[],
  { after, direction = 'forwards', limit, filter }: Parameters<EventStore['readAll']>[0],
): HistoryPage {
  checkLimit(limit);
  const matches = matcher(filter);
  const events: StoredEvent[] = [];
  const forwards = direction === 'forwards';
  const step = forwards ? 1 : -1;
  let index = forwards
    ? indexBehind(all, after ?? BEGINNING)
    : (after === undefined ? all.length : indexBehind(all, after - 1n)) - 1;
  let through = forwards ? (after ?? BEGINNING) : BEGINNING;
  for (let event = all[index]; event && events.length < limit; event = all[index]) {
    if (matches(event)) events.push(event);
    through = event.position;
    index += step;
  }
  const end = all[index] === undefined;
  return { events, through: end && !forwards ? BEGINNING : through, end };
}

function streamPage(
  events: readonly StoredEvent[],
  { from, direction = 'forwards', limit }: Parameters<EventStore['readStream']>[1],
): StoredEvent[] {
  checkLimit(limit);
  if (direction === 'forwards') return events.slice(from ?? 0, (from ?? 0) + limit);
  const last = Math.min(from ?? events.length - 1, events.length - 1);
  return events.slice(Math.max(0, last - limit + 1), last + 1).toReversed();
}

/** The whole port in memory: for tests and simulations. Events are frozen, nothing outlives the process. */
export function memoryEventStore(options: MemoryOptions): EventStore {
  const { clock, firstPosition = BEYOND_NUMBERS, gap = 3n, epoch = 'memory' } = options;
  if (firstPosition <= BEGINNING || gap < 1n) throw new RangeError('positions begin behind 0 and grow');
  const all: StoredEvent[] = [];
  const streams = new Map<string, StoredEvent[]>();
  const arrived = signalled();
  let closed = false;

  const checkOpen = (): void => {
    if (closed) throw new StoreError('closed', 'the event store is closed');
  };
  const headPosition = (): Position => all.at(-1)?.position ?? BEGINNING;

  function append(
    stream: string,
    expected: ExpectedRevision,
    events: readonly EventToAppend[],
  ): AppendResult {
    checkOpen();
    const encoded = encodeAppend(stream, events);
    const before = streams.get(stream) ?? [];
    const head = before.length === 0 ? 'none' : before.length - 1;
    if (expected !== 'any' && expected !== head) {
      return answeredBefore(before, expected, encoded) ?? { status: 'conflict', actual: head };
    }
    const recordedAt = clock.now();
    const positions: Position[] = [];
    for (const { eventId, type, data, metadata } of encoded) {
      const position = firstPosition + gap * BigInt(all.length);
      const content = { data: frozen(data), metadata: frozen(metadata) };
      const place = { stream, revision: before.length, position, recordedAt };
      const event: StoredEvent = Object.freeze({ eventId, type, ...place, ...content });
      before.push(event);
      all.push(event);
      positions.push(position);
    }
    streams.set(stream, before);
    arrived.signal();
    return {
      status: 'appended',
      revision: before.length - 1,
      position: headPosition(),
      positions,
      recordedAt,
    };
  }

  function page(read: Parameters<EventStore['readAll']>[0]): HistoryPage {
    checkOpen();
    return pageOf(all, read);
  }

  return {
    epoch,
    append: async (stream, expected, events) => append(stream, expected, events),
    async readStream(stream, read) {
      checkOpen();
      return streamPage(streams.get(stream) ?? [], read);
    },
    readAll: async (read) => page(read),
    follow: (options) => followPages(page, arrived, options, async () => {}),
    head: async () => headPosition(),
    standing: alwaysUp('memory:'),
    async close() {
      closed = true;
      arrived.signal();
    },
  };
}
