import { basename } from 'node:path';
import type { Instant } from '#domain/kernel/instant.ts';
import { StoreError } from '#domain/kernel/ports/event-store.ts';
import type { MailLedger } from '#domain/kernel/ports/mail-ledger.ts';
import { askedThread } from '../../asked-thread.ts';
import { watched, watchedBy } from '../../standing.ts';
import type { MailDatabase } from './database.ts';

/** Keeps what became of mails in an SQLite file, made with the first question. */
export function sqliteMailLedger(path: string, now: () => Instant): MailLedger {
  const engine = watched(`sqlite:${basename(path)}`, now);
  const { ask, close } = askedThread<MailDatabase>({
    worker: new URL('./worker.ts', import.meta.url),
    data: path,
    unavailable: (why) => new StoreError('unavailable', `the mails in ${path} cannot be used: ${why}`),
  });
  const watching = watchedBy(engine);
  return {
    begin: (first) => watching('writes', ask('begin', first)),
    async take(mails, through, nowMs) {
      if (await watching('writes', ask('take', mails, through, nowMs))) return;
      throw new StoreError('overloaded', 'too many mails wait to be sent');
    },
    due: (nowMs, most) => watching('reads', ask('due', nowMs, most)),
    nextDueMs: () => watching('reads', ask('nextDueMs')),
    intend: (number) => watching('writes', ask('intend', number)),
    wait: (number, dueMs, words, isUnknown) =>
      watching('writes', ask('wait', number, dueMs, words, isUnknown)),
    end: (number, end, words, nowMs) => watching('writes', ask('end', number, end, words, nowMs)),
    summary: () => watching('reads', ask('summary')),
    standing: () => engine.standing(),
    close,
  };
}
