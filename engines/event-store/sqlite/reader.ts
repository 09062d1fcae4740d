import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { JsonObject } from '#domain/kernel/canonical.ts';
import { BEGINNING, type StoredEvent } from '#domain/kernel/envelope.ts';
import type { EventFilter, EventStore } from '#domain/kernel/ports/event-store.ts';
import { checkLimit } from '../event.ts';
import type { HistoryPage } from '../follow.ts';

/**
 * So many positions at most are searched for one page of a filter that matches little: the reader holds its snapshot, and
 * the thread it runs in, for milliseconds only.
 */
const SEARCHED_POSITIONS = 20_000n;
/** Statements kept ready; they differ by direction and by how much the filter names. */
const KEPT_STATEMENTS = 64;

const COLUMNS = `event.position, stream.name, event.revision, event.type, event.event_id, event.recorded_at, event.data,
  event.metadata`;

/** Above every name that begins with the prefix: names are ASCII. */
const above = (prefix: string): string => `${prefix}\uffff`;

function pageQuery(forwards: boolean, filter: EventFilter | undefined): string {
  const { streams, types } = filter ?? {};
  // Without a filter the rows are read where they lie; with one, the narrow index says which are worth reading.
  const from = filter ? 'event INDEXED BY event_kind' : 'event NOT INDEXED';
  const names = streams?.map(() => '(stream.name >= ? AND stream.name < ?)').join(' OR ');
  return `SELECT ${COLUMNS} FROM ${from} CROSS JOIN stream ON stream.id = event.stream
    WHERE event.position > ? AND event.position < ?
    ${types ? 'AND event.type IN (SELECT value FROM json_each(?))' : ''}
    ${streams ? `AND (${names || 'FALSE'})` : ''}
    ORDER BY event.position ${forwards ? 'ASC' : 'DESC'} LIMIT ?`;
}

const streamQuery = (forwards: boolean): string =>
  `SELECT ${COLUMNS} FROM stream JOIN event ON event.stream = stream.id
    WHERE stream.name = ? AND event.revision ${forwards ? '>=' : '<='} ?
    ORDER BY event.revision ${forwards ? 'ASC' : 'DESC'} LIMIT ?`;

/** The statements of a connection, kept ready; their rows come as arrays. */
function statementsOf(db: DatabaseSync) {
  const kept = new Map<string, StatementSync>();
  return (sql: string): StatementSync => {
    const ready = kept.get(sql);
    if (ready) return ready;
    if (kept.size >= KEPT_STATEMENTS) kept.clear();
    const prepared = db.prepare(sql);
    prepared.setReturnArrays(true);
    kept.set(sql, prepared);
    return prepared;
  };
}

const rows = (prepared: StatementSync, ...values: (string | number)[]): SQLOutputValue[][] =>
  prepared.all(...values) as unknown as SQLOutputValue[][];

/** The names of events by their ids in the file; those that were added since are read when one is missed. */
function eventTypes(newer: StatementSync) {
  const names = new Map<number, string>();
  const ids = new Map<string, number>();

  function readNew(): void {
    for (const [id, name] of rows(newer, names.size)) {
      names.set(Number(id), String(name));
      ids.set(String(name), Number(id));
    }
  }

  return {
    name(id: number): string {
      if (!names.has(id)) readNew();
      const name = names.get(id);
      if (name === undefined) throw new TypeError(`an event names type ${id}, which is not there`);
      return name;
    },
    /** Of those that any event has. */
    ids(types: readonly string[]): number[] {
      if (types.some((type) => !ids.has(type))) readNew();
      return types.flatMap((type) => ids.get(type) ?? []);
    },
  };
}

/** What a page is read from. */
interface History {
  head(): bigint;
  /** Events strictly between two positions. */
  between(
    after: bigint,
    before: bigint,
    forwards: boolean,
    limit: number,
    filter?: EventFilter,
  ): StoredEvent[];
}

function pageForwards(history: History, after: bigint, limit: number, filter?: EventFilter): HistoryPage {
  const last = history.head();
  if (after >= last) return { events: [], through: after, end: true };
  const until = filter && after + SEARCHED_POSITIONS < last ? after + SEARCHED_POSITIONS : last;
  const events = history.between(after, until + 1n, true, limit, filter);
  const through = events.length < limit ? until : (events.at(-1)?.position ?? until);
  return { events, through, end: through === last };
}

function pageBackwards(
  history: History,
  before: bigint | undefined,
  limit: number,
  filter?: EventFilter,
): HistoryPage {
  const last = history.head();
  const from = before === undefined || before > last ? last + 1n : before;
  const until = filter && from > SEARCHED_POSITIONS ? from - SEARCHED_POSITIONS : BEGINNING;
  const events = history.between(until, from, false, limit, filter);
  const through = events.length < limit ? until + 1n : (events.at(-1)?.position ?? until + 1n);
  const end = through <= 1n;
  return { events, through: end ? BEGINNING : through, end };
}

/** The reading half of the store over a connection of its own; each page is one short transaction. */
export function eventReader(db: DatabaseSync) {
  const statement = statementsOf(db);
  const types = eventTypes(statement('SELECT id, name FROM type WHERE id > ?'));
  const lastPosition = statement('SELECT max(position) FROM event');

  function stored(row: SQLOutputValue[]): StoredEvent {
    const [position, stream, revision, type, eventId, recordedAt, data, metadata] = row;
    return {
      eventId: eventId as string,
      type: types.name(type as number),
      stream: stream as string,
      revision: revision as number,
      position: BigInt(position as number),
      recordedAt: recordedAt as string,
      data: JSON.parse(data as string) as JsonObject,
      metadata: JSON.parse(metadata as string) as JsonObject,
    };
  }

  const history: History = {
    head: () => BigInt(Number(rows(lastPosition)[0]?.[0] ?? 0)),
    between(after, before, forwards, limit, filter) {
      const values: (string | number)[] = [Number(after), Number(before)];
      if (filter?.types) values.push(JSON.stringify(types.ids(filter.types)));
      for (const prefix of filter?.streams ?? []) values.push(prefix, above(prefix));
      return rows(statement(pageQuery(forwards, filter)), ...values, limit).map(stored);
    },
  };

  return {
    head: history.head,
    epoch: (): string => String(rows(statement('SELECT epoch FROM history'))[0]?.[0]),
    /** Changes whenever another connection has committed. */
    version: (): number => Number(rows(statement('PRAGMA data_version'))[0]?.[0]),

    page(read: Parameters<EventStore['readAll']>[0]): HistoryPage {
      const { after, direction = 'forwards', limit, filter } = read;
      checkLimit(limit);
      const named = filter?.streams || filter?.types ? filter : undefined;
      return direction === 'forwards'
        ? pageForwards(history, after ?? BEGINNING, limit, named)
        : pageBackwards(history, after, limit, named);
    },

    stream(name: string, read: Parameters<EventStore['readStream']>[1]): StoredEvent[] {
      const { from, direction = 'forwards', limit } = read;
      checkLimit(limit);
      const onward = direction === 'forwards';
      const start = from ?? (onward ? 0 : Number.MAX_SAFE_INTEGER);
      return rows(statement(streamQuery(onward)), name, start, limit).map(stored);
    },

    close: (): void => db.close(),
  };
}

export type EventReader = ReturnType<typeof eventReader>;
