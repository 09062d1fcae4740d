import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { RawEvent } from './raw.ts';

// The history as it lies in its file, by SQL of the judge's own.

const EVERYTHING = `SELECT position, stream.name AS stream, revision, type.name AS type, event_id, recorded_at, data, metadata
  FROM event JOIN stream ON stream.id = event.stream JOIN type ON type.id = event.type ORDER BY position`;

export interface RawHistory {
  readonly epoch: string;
  readonly events: readonly RawEvent[];
  /** What SQLite finds wrong with the file itself. */
  readonly damage: readonly string[];
}

/** Reads the whole history in a folder, whoever else has it open; nothing in the folder is changed. */
export function rawHistory(folder: string): RawHistory {
  const db = new DatabaseSync(join(folder, 'events.db'), { readOnly: true, timeout: 5_000 });
  try {
    const events = db
      .prepare(EVERYTHING)
      .all()
      .map(
        (row): RawEvent => ({
          position: BigInt(Number(row.position)),
          stream: String(row.stream),
          revision: Number(row.revision),
          type: String(row.type),
          eventId: String(row.event_id),
          recordedAt: String(row.recorded_at),
          data: JSON.parse(String(row.data)),
          metadata: JSON.parse(String(row.metadata)),
        }),
      );
    const damage = db
      .prepare('PRAGMA integrity_check')
      .all()
      .map((row) => String(row.integrity_check))
      .filter((finding) => finding !== 'ok');
    return { epoch: String(db.prepare('SELECT epoch FROM history').get()?.epoch), events, damage };
  } finally {
    db.close();
  }
}
