import { basename } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { PersonId } from '#domain/kernel/ids.ts';
import type { Instant } from '#domain/kernel/instant.ts';
import { StoreError } from '#domain/kernel/ports/event-store.ts';
import { demandMail, Mail, type Mailer, type MailOutcome } from '#domain/kernel/ports/mail.ts';
import type { PersonKeys } from '#domain/kernel/ports/person-keys.ts';
import { safeDecode } from '#domain/zod/encoding.ts';
import { expendableDatabase } from '../expendable-database.ts';
import { watched } from '../standing.ts';

export interface OutboxOptions {
  /** Its path, or `:memory:`; made with the first mail or look. */
  readonly file: string;
  readonly keys: Pick<PersonKeys, 'find' | 'make'>;
  readonly now: () => Instant;
  /** Mails; the oldest give way. */
  readonly most?: number;
}

/** Mails that go nowhere, for whoever develops or rehearses. */
export interface Outbox extends Mailer {
  /** The newest first; not those of whoever has been erased. @throws StoreError `unavailable` */
  kept(): Promise<readonly Mail[]>;
}

const MOST = 200;
const VERSION = 1;
const TABLES = `
  CREATE TABLE IF NOT EXISTS mail (
    number INTEGER PRIMARY KEY AUTOINCREMENT, messageId TEXT NOT NULL UNIQUE, person TEXT NOT NULL, sealed TEXT NOT NULL
  ) STRICT;`;

/** A mail opens in its own row alone. */
const placeOf = (messageId: string) => ({ stream: 'outbox', eventId: messageId, field: 'mail' });

/**
 * Keeps mails in an SQLite file, each sealed by the key of whoever it is to: to forget them is to destroy that key, here as everywhere.
 */
export function outbox({ file, keys, now, most = MOST }: OutboxOptions): Outbox {
  const engine = watched(`outbox:${basename(file)}`, now);
  let db: DatabaseSync | undefined;
  function opened(): DatabaseSync {
    db ??= expendableDatabase(file, { version: VERSION, tables: TABLES });
    return db;
  }

  async function keep(mail: Mail): Promise<MailOutcome> {
    const { messageId, person } = mail;
    const key = (await keys.make([person])).get(person);
    if (key === undefined || key === 'destroyed')
      return { outcome: 'refused', words: 'they have been erased' };
    const sealed = key.seal(placeOf(messageId), JSON.stringify(mail));
    const into = opened();
    into
      .prepare(
        'INSERT INTO mail (messageId, person, sealed) VALUES (?, ?, ?) ON CONFLICT (messageId) DO UPDATE SET sealed = excluded.sealed',
      )
      .run(messageId, person, sealed);
    into.prepare('DELETE FROM mail WHERE number <= (SELECT max(number) FROM mail) - ?').run(most);
    return { outcome: 'done' };
  }

  return {
    async send(mail) {
      demandMail(mail);
      try {
        const outcome = await keep(mail);
        engine.answered('writes');
        return outcome;
      } catch (error) {
        engine.failed(error, 'writes');
        return { outcome: 'later', words: 'the outbox cannot be written' };
      }
    },
    async kept() {
      try {
        const rows = opened()
          .prepare('SELECT messageId, person, sealed FROM mail ORDER BY number DESC')
          .all();
        const found = await keys.find([...new Set(rows.map(({ person }): PersonId => String(person)))]);
        return rows.flatMap(({ messageId, person, sealed }) => {
          const key = found.get(String(person));
          if (key === undefined || key === 'destroyed') return [];
          const text = key.open(placeOf(String(messageId)), String(sealed));
          const read = text === undefined ? undefined : safeDecode(Mail, JSON.parse(text));
          return read?.success ? [read.data] : [];
        });
      } catch (error) {
        if (error instanceof StoreError) throw error;
        engine.failed(error, 'reads');
        throw new StoreError('unavailable', `${file} cannot be read`, { cause: error });
      }
    },
    standing: () => engine.standing(),
    async close() {
      db?.close();
      db = undefined;
    },
  };
}
