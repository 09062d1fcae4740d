import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { plant } from '#test/support/plant.ts';
import { kindOf } from '../kinds.ts';

/** So many appends of this life become durable; then it dies right before the next, or right after the last. */
const before = Number(process.env.DIE_BEFORE_APPEND_BEHIND ?? Number.POSITIVE_INFINITY);
const after = Number(process.env.DIE_AFTER_APPEND ?? Number.POSITIVE_INFINITY);
/**
 * Or it dies at an append of every second kind that none before was of: this file keeps what was under way at each death, a line each, and
 * what was passed over.
 */
const deaths = process.env.DIE_AT_KINDS;
const PASSED_OVER = 'passed over ';
const underWay = new Set<readonly string[]>();

/** SIGKILL takes effect before the call returns: nothing of this process goes on. */
function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

/** The lives before this one died right before and right after an append by turns; this one goes on with that. */
function dieAtKinds(kinds: readonly string[], side: 'before' | 'after'): void {
  if (deaths === undefined) return;
  const lines = existsSync(deaths) ? readFileSync(deaths, 'utf8').split('\n').slice(0, -1) : [];
  const known = new Set(lines.flatMap((line) => line.replace(PASSED_OVER, '').split(', ')));
  const died = lines.filter((line) => !line.startsWith(PASSED_OVER)).length;
  if (kinds.every((kind) => known.has(kind))) return;
  if (died > lines.length - died) {
    appendFileSync(deaths, `${PASSED_OVER}${kinds.join(', ')}\n`);
    return;
  }
  if (side !== (died % 2 === 0 ? 'before' : 'after')) return;
  appendFileSync(deaths, `${[...underWay].flat().join(', ')}\n`);
  die();
}

// The real store, whose process dies right before an append is handed in, or right after it has become durable.
await plant(
  () => import('#engines/event-store/sqlite/store.ts'),
  'openSqliteEventStore',
  (open) => async (options) => {
    const store = await open(options);
    let appended = 0;
    return {
      ...store,
      async append(stream, expected, events) {
        const kinds = events.map((event) => kindOf(event));
        // Several may be on their way at once: of those that have begun, none is kept from its end.
        if (appended >= before) die();
        underWay.add(kinds);
        dieAtKinds(kinds, 'before');
        const result = await store.append(stream, expected, events);
        appended += 1;
        if (appended >= after) die();
        if (result.status === 'appended') dieAtKinds(kinds, 'after');
        underWay.delete(kinds);
        return result;
      },
    };
  },
);
