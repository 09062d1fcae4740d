import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openHistory } from '#compose/stores.ts';
import { BEGINNING } from '#domain/kernel/envelope.ts';
import { systemClock } from '#engines/clock/system.ts';
import { happening } from '../support/happenings.ts';
import { caseOf, type FuzzCase } from './cases.ts';
import { fuzz } from './fuzz.ts';
import { dataProblem } from './published.ts';
import { reckoning } from './reckoning.ts';
import { asCurl } from './send.ts';
import { shrunk } from './shrinking.ts';

// The fuzzer's run in the gate, and the proof that it finds what there is to find.

const CASES = 2_000;
/** Chance leaves out a few of hundreds of fields, others whenever the schema changes. */
const FURTHER_TURNS = 40;
/** A fuzzer whose cases are all turned away at the door proves little. Commands on accounts are: no port makes one. */
const LEAST_ACCEPTED = 0.08;

// On a machine that is busy with something else it takes longer than a test may by itself.
const options = { timeout: 300_000 };
test(
  `${CASES} cases: nothing ends, fails, says what is not published, or leaves what it should not`,
  options,
  async (t) => {
    const { problems, unmet, commands, operations, memoryBytes } = await fuzz({
      ...{ cases: CASES, seed: 1 },
      furtherTurns: FURTHER_TURNS,
    });
    assert.deepEqual(problems, []);
    assert.deepEqual(unmet, [], 'every command and every field of the schema was met');
    assert.ok(commands.accepted / commands.sent >= LEAST_ACCEPTED, JSON.stringify(commands));
    t.diagnostic(`commands ${JSON.stringify(commands)}, operations ${JSON.stringify(operations)}`);
    t.diagnostic(`memory ${JSON.stringify(memoryBytes)}`);
  },
);

const world = { now: '2026-01-01T00:00:00.000Z', places: ['a', 'b'], payments: ['p-1'] };
test('the same seed makes the same cases, another seed others', () => {
  const numbers = Array.from({ length: 300 }, (_, number) => number);
  const first = numbers.map((number) => caseOf(3, number, world));
  const backwards = numbers.toReversed().map((number) => caseOf(3, number, world));
  assert.deepEqual(first, backwards.toReversed());
  const others = numbers.filter(
    (number) => asCurl('', caseOf(4, number, world)) === asCurl('', first[number] as FuzzCase),
  );
  assert.ok(others.length < numbers.length / 20, `${others.length} are the same`);
});

const question = '{ now lot(lotId: "a") { id title } }';
const replies: readonly (readonly [data: unknown, problem: RegExp | undefined])[] = [
  [{ now: 'x', lot: null }, undefined],
  [{ now: 'x', lot: { id: 'a', title: 'b' } }, undefined],
  [{ now: null, lot: null }, undefined],
  [{ now: 'x', lot: { id: null, title: 'b' } }, /id is null/],
  [{ now: 1, lot: null }, /now is no text/],
  [{ now: 'x' }, /lot was asked for and is not there/],
  [{ now: 'x', lot: { id: 'a', title: 'b', reserve: '1' } }, /reserve was not asked for/],
  [{ now: 'x', lot: [] }, /lot is no object/],
];
for (const [data, problem] of replies)
  test(`${JSON.stringify(data)} is ${problem === undefined ? 'an answer' : 'no answer'} by the published schema`, () => {
    const found = dataProblem(question, data);
    if (problem === undefined) assert.equal(found, undefined);
    else assert.match(String(found), problem);
  });

const told = { problem: undefined, commandId: 'c-1', carriedOut: true, codes: [] } as const;
const sent = {
  ...caseOf(1, 0, world),
  as: 'ann',
  clean: true,
  command: { type: 'OpenWallet', commandId: 'c-1' },
} as const;
test('an event of a command that was refused, or that nobody was told of, is found in the history', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'annals-reckoning-'));
  try {
    const store = await openHistory(
      { profile: 'embedded', folder },
      {
        clock: systemClock(),
        onFatal: (error) => assert.fail(error),
      },
    );
    const metadata = { actor: 'ann', commandId: 'c-1', command: 'OpenWallet', origin: { channel: 'http' } };
    await store.append('wallet-ann:USD', 'none', [{ ...happening({}, { type: 'WalletOpened' }), metadata }]);
    await store.close();
    const refused = reckoning();
    refused.note(sent, { ...told, told: 'rejected' });
    assert.match(
      (await refused.compare(folder, BEGINNING)).join('\n'),
      /a command that was refused has added an event/,
    );
    assert.match((await reckoning().compare(folder, BEGINNING)).join('\n'), /nobody was told of it/);
    const accepted = reckoning();
    accepted.note(sent, { ...told, told: 'accepted' });
    assert.doesNotMatch((await accepted.compare(folder, BEGINNING)).join('\n'), /refused|nobody was told/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('a case that fails is made as small as it can be', async () => {
  const body = Buffer.from(JSON.stringify({ a: { b: [1, 'needle', 3] }, c: 'x'.repeat(100), d: {} }));
  const large: FuzzCase = {
    ...caseOf(1, 0, world),
    sending: { ...caseOf(1, 0, world).sending, body } as FuzzCase['sending'],
  };
  const small = await shrunk(
    large,
    async ({ sending }) => sending.over === 'rest' && sending.body.includes('needle'),
  );
  assert.equal(small.sending.over === 'rest' && small.sending.body.toString(), '{"a":{"b":["needle"]}}');
});
