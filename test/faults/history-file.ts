import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

// The folder of the data, read without the platform.

export interface WrittenEvent {
  readonly position: number;
  readonly eventId: string;
  readonly type: string;
  readonly stream: string;
  readonly recordedAt: string;
  readonly commandId: string;
}

/** The history as it stands in the file, read by SQLite alone. */
export function historyIn(folder: string): readonly WrittenEvent[] {
  const db = new DatabaseSync(join(folder, 'events.db'), { readOnly: true });
  try {
    return db
      .prepare(
        `SELECT position, event_id, type.name AS type, stream.name AS stream, recorded_at,
           metadata ->> 'commandId' AS command_id
         FROM event JOIN type ON type.id = event.type JOIN stream ON stream.id = event.stream ORDER BY position`,
      )
      .all()
      .map((row) => ({
        position: Number(row.position),
        eventId: String(row.event_id),
        type: String(row.type),
        stream: String(row.stream),
        recordedAt: String(row.recorded_at),
        commandId: String(row.command_id),
      }));
  } finally {
    db.close();
  }
}

/** How often each command of these has taken effect. */
export const effectsOf = (folder: string, ids: readonly string[]): readonly number[] => {
  const history = historyIn(folder);
  return ids.map((id) => history.filter(({ commandId }) => commandId === id).length);
};

/** The files of a folder by name, without what SQLite makes again. */
export const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => !name.endsWith('-shm'))
    .sort();
