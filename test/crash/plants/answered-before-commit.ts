import { rewritten } from '../preloads/instead.ts';

// Appends are answered when they are in the transaction; the commit follows when there is time.
rewritten('engines/event-store/sqlite/tables.ts', [
  ['      commit.run();', '      if (performance.now() % 100 < 40) commit.run();'],
]);
