import { instead } from './instead.ts';

// The process kills itself at an append of its store: see mortal-store.ts.
instead({
  of: 'engines/event-store/sqlite/store.ts',
  by: 'compose/stores.ts',
  give: 'test/crash/preloads/mortal-store.ts',
});
