import { isMainThread } from 'node:worker_threads';
import { rewritten } from '#test/crash/preloads/instead.ts';

// Mistakes of ours, planted where nothing catches them: those of the main thread wait for a signal, those of the threads that write
// for the first thing they are given to write.

const planted: Readonly<Record<string, () => void>> = {
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
    rewritten('engines/event-store/sqlite/worker.ts', [
      [
        'else takeAppends',
        "else if (message.appends.length > 0) throw new TypeError('planted');\n    else takeAppends",
      ],
    ]),
  'the thread of the views': () =>
    rewritten('engines/read-store/sqlite/worker.ts', [
      ["case 'commit': {", "case 'commit': {\n        throw new TypeError('planted');"],
    ]),
};

planted[process.env.PLANTED ?? '']?.();
