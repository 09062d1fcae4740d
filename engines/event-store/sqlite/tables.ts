import type { DatabaseSync } from 'node:sqlite';
import type { Head } from './heads.ts';
import type { Action, Standing } from './writer.ts';

type Of<Kind extends Action['do']> = Extract<Action, { readonly do: Kind }>;

const whole = (value: unknown): number => {
  if (typeof value !== 'number')
    throw new TypeError('the database answered with something that is no number');
  return value;
};

/** The ids of the names of events: all that the file has, and each new one when it is written first. */
function typeIds(db: DatabaseSync) {
  const insert = db.prepare('INSERT INTO type (name) VALUES (?)');
  let ids = new Map<string, number>();
  return {
    readAll(): void {
      ids = new Map();
      for (const row of db.prepare('SELECT id, name FROM type').iterate()) {
        ids.set(String(row.name), whole(row.id));
      }
    },
    idOf(name: string): number {
      const known = ids.get(name);
      if (known !== undefined) return known;
      const id = Number(insert.run(name).lastInsertRowid);
      ids.set(name, id);
      return id;
    },
  };
}

function standing(db: DatabaseSync): Standing {
  const row = db
    .prepare('SELECT (SELECT max(position) FROM event) AS position, (SELECT max(id) FROM stream) AS stream')
    .get();
  return { position: whole(row?.position ?? 0), streamId: whole(row?.stream ?? 0) };
}

/**
 * The statements that the writer's actions come to. Everything throws what SQLite throws.
 *
 * The file's write lock is taken at once and kept between the transactions, each of which begins where the last has ended:
 * no other process can write as long as this one lives, whatever became of the lock's own file. Readers need no such lock.
 */
export function writerTables(db: DatabaseSync) {
  // The write lock is taken at once, since SQLite waits for it at the beginning of a transaction and nowhere else.
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const head = db.prepare(
    `SELECT stream.id, (SELECT max(revision) FROM event WHERE event.stream = stream.id) AS revision
     FROM stream WHERE name = ?`,
  );
  const ids = db.prepare(
    `SELECT event_id, position FROM event WHERE stream = ? AND revision >= ? AND revision < ? ORDER BY revision`,
  );
  const insertStream = db.prepare('INSERT INTO stream (id, name) VALUES (?, ?)');
  const insertEvent = db.prepare(
    `INSERT INTO event (position, stream, revision, type, event_id, recorded_at, data, metadata)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const types = typeIds(db);

  function hold(): void {
    if (!db.isTransaction) begin.run();
  }
  hold();
  types.readAll();

  return {
    standing: (): Standing => standing(db),
    begin: hold,
    commit(): void {
      commit.run();
      hold();
    },
    rollback(): void {
      // Some errors have already undone the transaction.
      if (db.isTransaction) db.exec('ROLLBACK');
      hold();
      types.readAll();
    },
    look({ stream }: Of<'look'>): Head | undefined {
      const row = head.get(stream);
      return row && { id: whole(row.id), revision: whole(row.revision ?? -1) };
    },
    compare({ streamId, from, count }: Of<'compare'>) {
      return ids.all(streamId, from, from + count).map((row) => ({
        eventId: String(row.event_id),
        position: whole(row.position),
      }));
    },
    write({ append, streamId, newStream, revision, position }: Of<'write'>): void {
      if (newStream) insertStream.run(streamId, append.stream);
      let at = 0;
      for (const { eventId, type, data, metadata } of append.events) {
        insertEvent.run(
          position + at,
          streamId,
          revision + at,
          types.idOf(type),
          eventId,
          append.recordedAt,
          data,
          metadata,
        );
        at += 1;
      }
    },
  };
}

export type WriterTables = ReturnType<typeof writerTables>;
