import { rewritten } from '../preloads/instead.ts';

// The checkpoint of a view is committed first, and its documents a moment later.
rewritten('engines/read-store/sqlite/worker.ts', [
  [
    'documents.write(writesOf(writes));',
    'setTimeout(() => database.transaction(() => documents.write(writesOf(writes))), 60);',
  ],
]);
