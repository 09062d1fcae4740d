import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { unreachable } from '#domain/kernel/unreachable.ts';
import {
  type Action,
  ANY,
  type Answer,
  NONE,
  type QueuedAppend,
  Writer,
  writerLimits,
} from '#engines/event-store/sqlite/writer.ts';

const runs = Number(process.env.ANNALS_RUNS ?? 200);

interface Row {
  readonly stream: string;
  readonly revision: number;
  readonly position: number;
  readonly eventId: string;
}

/** A database in a few lines: durable rows, and rows of the open transaction. */
function tinyDatabase() {
  let durable: Row[] = [];
  let open: Row[] | undefined;
  const names = new Map<number, string>();
  const rows = (): Row[] => [...durable, ...(open ?? [])];
  return {
    durable: (): readonly Row[] => durable,
    /** Does an action; `bad` streams are refused by a constraint. */
    act(writer: Writer, action: Action, bad: ReadonlySet<string>): readonly Answer[] {
      switch (action.do) {
        case 'wait':
          return [];
        case 'begin':
          assert.equal(open, undefined, 'one transaction at a time');
          open = [];
          writer.begun();
          return [];
        case 'look': {
          const last = rows().findLast(({ stream }) => stream === action.stream);
          const id = [...names].find(([, name]) => name === action.stream)?.[0];
          writer.looked(last && id !== undefined ? { id, revision: last.revision } : undefined);
          return [];
        }
        case 'compare': {
          const stream = names.get(action.streamId);
          const to = action.from + action.count;
          writer.compared(
            rows().filter((row) => row.stream === stream && row.revision >= action.from && row.revision < to),
          );
          return [];
        }
        case 'write': {
          const { append, revision, position, streamId } = action;
          if (bad.has(append.stream)) {
            writer.refused();
            return [];
          }
          names.set(streamId, append.stream);
          append.events.forEach(({ eventId }, at) => {
            open?.push({ stream: append.stream, revision: revision + at, position: position + at, eventId });
          });
          writer.wrote();
          return [];
        }
        case 'commit':
          durable = rows();
          open = undefined;
          writer.committed();
          return [];
        case 'rollback':
          open = undefined;
          writer.rolledBack();
          return [];
        case 'answer': {
          assert.equal(open, undefined, 'no answer leaves while a transaction is open');
          const { answers } = action;
          writer.answered();
          return answers;
        }
        default:
          return unreachable(action);
      }
    },
  };
}

let ids = 0;
const append = (stream: string, expected: number, count = 1, eventIds?: readonly string[]): QueuedAppend => ({
  stream,
  expected,
  recordedAt: '2026-01-01T00:00:00.000Z',
  bytes: 10 * count,
  events: Array.from({ length: count }, (_, at) => {
    ids += 1;
    return { eventId: eventIds?.[at] ?? `id-${ids}`, type: 'Happened', data: '{}', metadata: '{}' };
  }),
});

/** Runs the writer until it waits. */
function settle(writer: Writer, database: ReturnType<typeof tinyDatabase>, bad = new Set<string>()) {
  const answers: Answer[] = [];
  for (let action = writer.next(); action.do !== 'wait'; action = writer.next()) {
    answers.push(...database.act(writer, action, bad));
  }
  return answers;
}

const fresh = (limits = writerLimits) => ({
  writer: new Writer({ position: 0, streamId: 0 }, limits),
  database: tinyDatabase(),
});

/** The kinds of action until the writer waits. */
function actionsOf(writer: Writer, database: ReturnType<typeof tinyDatabase>): string[] {
  const kinds: string[] = [];
  for (let action = writer.next(); action.do !== 'wait'; action = writer.next()) {
    kinds.push(action.do);
    database.act(writer, action, new Set());
  }
  return kinds;
}

describe('the writer of the SQLite event store', () => {
  it('carries all that waits in one transaction', () => {
    const { writer, database } = fresh();
    for (const stream of ['a-1', 'a-2', 'a-1']) writer.submit(append(stream, ANY));
    assert.deepEqual(actionsOf(writer, database), [
      'begin',
      'look',
      'write',
      'look',
      'write',
      'write',
      'commit',
      'answer',
    ]);
  });

  it('lets an append that arrives before the commit join the group', () => {
    const { writer, database } = fresh();
    writer.submit(append('a-1', ANY));
    for (const kind of ['begin', 'look', 'write']) {
      const action = writer.next();
      assert.equal(action.do, kind);
      database.act(writer, action, new Set());
    }
    assert.equal(writer.next().do, 'commit');
    writer.submit(append('a-1', 0));
    assert.deepEqual(actionsOf(writer, database), ['write', 'commit', 'answer']);
  });

  it('decides on what the open group has written, and answers a conflict with it', () => {
    const { writer, database } = fresh();
    for (const expected of [NONE, NONE, 0]) writer.submit(append('a-1', expected));
    assert.deepEqual(settle(writer, database), [
      { status: 'appended', revision: 0, first: 1, last: 1 },
      { status: 'conflict', actual: 0 },
      { status: 'appended', revision: 1, first: 2, last: 2 },
    ]);
  });

  it('answers a repeat of the same ids behind the same revision as it did first', () => {
    const { writer, database } = fresh();
    const first = append('a-1', NONE, 2);
    writer.submit(first);
    const [answer] = settle(writer, database);
    writer.submit(append('a-1', 1));
    settle(writer, database);
    writer.submit(first);
    assert.deepEqual(settle(writer, database), [{ ...answer, repeated: true }]);
    writer.submit(append('a-1', NONE, 2));
    assert.deepEqual(settle(writer, database), [{ status: 'conflict', actual: 2 }]);
  });

  it('closes a group at its limit', () => {
    const { writer, database } = fresh({ ...writerLimits, groupEvents: 3 });
    for (let at = 0; at < 4; at++) writer.submit(append('a-1', ANY, 2));
    assert.equal(actionsOf(writer, database).filter((kind) => kind === 'commit').length, 4);
  });

  it('refuses what exceeds its queue, and takes more once it has answered', () => {
    const { writer, database } = fresh({ ...writerLimits, queueAppends: 2 });
    const submit = () => writer.submit(append('a-1', ANY));
    assert.deepEqual([submit(), submit(), submit()], ['queued', 'queued', 'overloaded']);
    assert.equal(settle(writer, database).length, 2);
    assert.equal(submit(), 'queued');
  });

  it('fails the refused append alone; its neighbours are stored', () => {
    const { writer, database } = fresh();
    for (const stream of ['a-1', 'bad-1', 'a-2']) writer.submit(append(stream, ANY));
    assert.deepEqual(
      settle(writer, database, new Set(['bad-1'])).map(({ status }) => status),
      ['appended', 'refused', 'appended'],
    );
    assert.deepEqual(
      database.durable().map(({ stream }) => stream),
      ['a-1', 'a-2'],
    );
  });

  it('after a failed commit says unknown to the group, unavailable to the rest, and stays stopped', () => {
    const { writer, database } = fresh({ ...writerLimits, groupEvents: 2 });
    for (let at = 0; at < 3; at++) writer.submit(append('a-1', ANY));
    for (let action = writer.next(); action.do !== 'commit'; action = writer.next()) {
      database.act(writer, action, new Set());
    }
    writer.broke();
    const answers = writer.next();
    assert.deepEqual(answers, {
      do: 'answer',
      answers: [{ status: 'unknown' }, { status: 'unknown' }, { status: 'unavailable' }],
    });
    writer.answered();
    writer.submit(append('a-1', ANY));
    assert.deepEqual(writer.next(), { do: 'answer', answers: [{ status: 'unavailable' }] });
  });

  it('reads heads again that no longer fit its memory', () => {
    const { writer, database } = fresh({ ...writerLimits, cachedHeads: 1 });
    for (const stream of ['a-1', 'a-2', 'a-1']) writer.submit(append(stream, ANY));
    assert.deepEqual(
      settle(writer, database).map((answer) => answer.status === 'appended' && answer.revision),
      [0, 0, 1],
    );
  });
});

const submission = fc.record({
  stream: fc.constantFrom('a-1', 'a-2', 'a-3', 'bad-1'),
  expected: fc.constantFrom('any', 'head', 'stale', 'beyond'),
  count: fc.integer({ min: 1, max: 3 }),
  repeat: fc.boolean(),
  /** Actions done before the next submission. */
  steps: fc.integer({ min: 0, max: 6 }),
});

describe('over any interleaving of submissions and actions', () => {
  it('answers in order, each by what a writer without groups would say', () => {
    fc.assert(
      fc.property(
        fc.array(submission, { maxLength: 40 }),
        fc.record({
          groupEvents: fc.integer({ min: 1, max: 6 }),
          cachedHeads: fc.integer({ min: 1, max: 4 }),
        }),
        (submissions, tight) => {
          const { writer, database } = fresh({ ...writerLimits, ...tight });
          const bad = new Set(['bad-1']);
          const model = new Map<string, string[]>();
          const expectedAnswers: (readonly [string, number])[] = [];
          const answers: Answer[] = [];
          let earlier: QueuedAppend | undefined;
          for (const { stream, expected, count, repeat, steps } of submissions) {
            const there = model.get(stream) ?? [];
            const revision = { any: ANY, head: there.length - 1, stale: NONE, beyond: there.length }[
              expected
            ];
            const next = repeat && earlier ? earlier : append(stream, revision, count);
            earlier = next;
            writer.submit(next);
            expectedAnswers.push(modelAnswer(model, next, bad));
            for (let step = 0; step < steps; step++)
              answers.push(...database.act(writer, writer.next(), bad));
          }
          answers.push(...settle(writer, database, bad));
          assert.deepEqual(
            answers.map((answer) => [
              answer.status,
              answer.status === 'appended'
                ? answer.revision
                : answer.status === 'conflict'
                  ? answer.actual
                  : 0,
            ]),
            expectedAnswers,
          );
          const durable = database.durable();
          assert.deepEqual(
            durable.map(({ position }) => position),
            durable.map((_, at) => at + 1),
          );
          for (const [stream, eventIds] of model) {
            const stored = durable.filter((row) => row.stream === stream);
            assert.deepEqual(
              stored.map(({ eventId }) => eventId),
              eventIds,
            );
          }
          assert.deepEqual(writer.load, { appends: 0, bytes: 0 });
        },
      ),
      { numRuns: runs },
    );
  });
});

/** What an append comes to when each is decided and stored by itself. */
function modelAnswer(model: Map<string, string[]>, next: QueuedAppend, bad: ReadonlySet<string>) {
  const there = model.get(next.stream) ?? [];
  const head = there.length - 1;
  const eventIds = next.events.map(({ eventId }) => eventId);
  if (next.expected === ANY || next.expected === head) {
    if (bad.has(next.stream)) return ['refused', 0] as const;
    model.set(next.stream, [...there, ...eventIds]);
    return ['appended', head + eventIds.length] as const;
  }
  const at = next.expected + 1;
  const same = eventIds.every((eventId, index) => there[at + index] === eventId);
  return same ? (['appended', next.expected + eventIds.length] as const) : (['conflict', head] as const);
}
