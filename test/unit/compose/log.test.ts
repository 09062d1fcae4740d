import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openLog } from '#compose/log.ts';
import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import type { NewEvent } from '#domain/kernel/message.ts';
import type { Telling } from '#domain/kernel/ports/log.ts';

/** What the log writes of it. */
function logged(details: { readonly err: unknown }): Readonly<Record<string, unknown>> {
  const lines: string[] = [];
  openLog('info', { write: (line) => void lines.push(line) }).error(details, 'something failed');
  return JSON.parse(lines.join('')) as Record<string, unknown>;
}

const event = { type: 'BoxFilled', data: { box: { pieces: [{ name: 'n', worth: 'SECRET' }] } } };

test('of an error the log tells what it says and where, with its causes, and nothing else that it carries', () => {
  const cause = Object.assign(new TypeError('it cannot be folded'), { event, code: 'ERR_FOLD' });
  const { err } = logged({ err: Object.assign(new Error('a view failed', { cause }), { events: [event] }) });
  assert.doesNotMatch(JSON.stringify(err), /SECRET|BoxFilled/);
  const { stack, cause: told, ...rest } = err as { stack: string; cause: { stack: string } };
  assert.deepEqual(rest, { type: 'Error', message: 'a view failed' });
  assert.match(stack, /log\.test\.ts/);
  const { stack: inner, ...because } = told;
  assert.match(inner, /log\.test\.ts/);
  assert.deepEqual(because, { type: 'TypeError', message: 'it cannot be folded', code: 'ERR_FOLD' });
});

test('what is thrown and is no error may be anything, and is not told', () => {
  assert.deepEqual(logged({ err: event }).err, { type: 'object', message: 'what was thrown is no error' });
});

test('no event, command or document fits into what a log is told', () => {
  type Fits<Details> = Details extends Telling<Details> ? true : false;
  // They are judged by the compiler: with a type that takes them this file has an error.
  const judged: readonly [Fits<RecordedEvent>, Fits<{ event: NewEvent }>, Fits<{ data: object }>] = [
    false,
    false,
    false,
  ];
  const ids: Fits<{ stream: string; revision: number; err: unknown }> = true;
  assert.deepEqual([...judged, ids], [false, false, false, true]);
});
