import { basename } from 'node:path';
import type { Instant } from '#domain/kernel/instant.ts';
import { StoreError } from '#domain/kernel/ports/event-store.ts';
import type { SignInStore } from '#domain/kernel/ports/sign-in-store.ts';
import { askedThread } from '../../asked-thread.ts';
import { watched, watchedBy } from '../../standing.ts';
import type { SignInDatabase } from './database.ts';
import type { SignInsAt } from './worker.ts';

/**
 * Keeps sign-ins in an SQLite file, made with the first question. One owner at a time works on it.
 *
 * @param owner names whoever opens it, and nobody who ever did
 */
export function sqliteSignIns(path: string, owner: string, now: () => Instant): SignInStore {
  const engine = watched(`sqlite:${basename(path)}`, now);
  const { ask, close } = askedThread<SignInDatabase>({
    worker: new URL('./worker.ts', import.meta.url),
    data: { path, owner } satisfies SignInsAt,
    unavailable: (why) => new StoreError('unavailable', `the sign-ins in ${path} cannot be used: ${why}`),
  });
  const watching = watchedBy(engine);
  return {
    find: (kind, id, nowMs) => watching('reads', ask('find', kind, id, nowMs)),
    findByAlias: (kind, alias, nowMs) => watching('reads', ask('findByAlias', kind, alias, nowMs)),
    take: (step, nowMs) => watching('writes', ask('take', step, nowMs)),
    answered: (spent) => watching('writes', ask('answered', spent)),
    destroy: (kind, id) => watching('writes', ask('destroy', kind, id)),
    destroyAll: (of) => watching('writes', ask('destroyAll', of)),
    sweep: (nowMs) => watching('writes', ask('sweep', nowMs)),
    standing: () => engine.standing(),
    close,
  };
}
