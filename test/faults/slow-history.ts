import { instead } from '#test/crash/preloads/instead.ts';

// The history takes its time for every append: see slow-store.ts.
instead({
  of: 'engines/event-store/sqlite/store.ts',
  by: 'compose/stores.ts',
  give: 'test/faults/slow-store.ts',
});
