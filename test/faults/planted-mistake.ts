import { isMainThread } from 'node:worker_threads';
import { plant } from '#test/support/plant.ts';

// Mistakes of ours, planted where nothing catches them: those of the main thread wait for a signal, those of the threads that write
// for the first thing they are given to write.

const planted: Readonly<Record<string, () => unknown>> = {
  'an exception': () => {
    if (isMainThread)
      process.on('SIGUSR2', () => {
        throw new TypeError('planted\nwith a second line');
      });
  },
  'a rejection': () => {
    if (isMainThread) process.on('SIGUSR2', () => void Promise.reject(new TypeError('planted')));
  },
  'the thread of the history': () =>
    plant(
      () => import('#engines/event-store/sqlite/wire.ts'),
      'takeAppends',
      (takeAppends) => (appends, take) => {
        if (appends.length > 0) throw new TypeError('planted');
        takeAppends(appends, take);
      },
    ),
  'the thread of the views': () =>
    plant(
      () => import('#engines/read-store/sqlite/group-commit.ts'),
      'groupCommit',
      (groupCommit) =>
        (...given) => ({
          ...groupCommit(...given),
          commit() {
            throw new TypeError('planted');
          },
        }),
    ),
};

await planted[process.env.PLANTED ?? '']?.();
