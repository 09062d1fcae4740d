import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { z } from 'zod';
import { ranRow, ratioAtLeast, ratioAtMost, valueAtMost } from '#bench/row.ts';

// The benchmarks run, and say what they ran; what the figures are is for a quiet machine to tell.

const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'annals-bench-report-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const bench = (...words: readonly string[]) =>
  promisify(execFile)(process.execPath, [join(root, 'bench/main.ts'), ...words], { cwd: folder });

const Goal = z.strictObject({
  of: z.enum(['ratio', 'value']),
  at: z.enum(['least', 'most']),
  bound: z.number().positive(),
});
const Ran = z.strictObject({
  ran: z.literal(true),
  name: z.string(),
  what: z.string(),
  value: z.number().positive(),
  unit: z.string(),
  against: z.strictObject({ what: z.string(), value: z.number().positive() }),
  ratio: z.number().positive(),
  goal: Goal,
  met: z.boolean(),
  rounds: z.int().positive(),
  medianOf: z.string(),
  details: z.record(z.string(), z.number()).optional(),
});
const Share = z.strictObject({ where: z.string(), share: z.number().min(0).max(1) });
const Report = z.strictObject({
  date: z.iso.date(),
  short: z.literal(true),
  machine: z.strictObject({
    cores: z.int().positive(),
    cpu: z.string(),
    memoryGiB: z.number(),
    node: z.string(),
    sqlite: z.string().regex(/^3\./),
    platform: z.string(),
    fileSystem: z.string(),
    fsyncMs: z.number().positive(),
    loadAtStart: z.number(),
  }),
  rows: z.tuple([Ran, Ran]),
  profiles: z.array(
    z.strictObject({
      file: z.string(),
      busy: z.number().min(0).max(1),
      top: z.array(Share),
      areas: z.array(Share),
    }),
  ),
});

test('a run of what was picked says what it measured, against what, and whether the goal is met', async () => {
  const file = join(folder, 'report.json');
  const profiles = join(folder, 'profiles');
  const words = ['--short', '--only', 'append-64,bid-1x1', '--date', '2026-03-01'];
  const { stdout } = await bench(...words, '--report', file, '--cpu-prof', profiles);
  const report = Report.parse(JSON.parse(readFileSync(file, 'utf8')));
  assert.deepEqual(
    report.rows.map(({ name }) => name),
    ['append-64', 'bid-1x1'],
  );
  for (const { value, against, ratio, goal, met } of report.rows) {
    assert.equal(ratio, value / against.value);
    assert.equal(met, ratio >= goal.bound);
  }
  for (const name of ['reply p99 ms', 'feed p99 ms'])
    assert.ok((report.rows[1].details?.[name] ?? 0) > 0, `${name} was measured`);
  // Of the main thread and of the one that writes, each.
  const written = report.profiles.map((each) => each.file);
  assert.deepEqual(readdirSync(profiles).toSorted(), written.toSorted());
  assert.ok(
    written.some((each) => /^append-64\.worker-\d+\.cpuprofile$/.test(each)),
    written.join(),
  );
  assert.match(stdout, /append-64: durable appends of one event, 64 in flight/);
});

test('a name that nothing is called is refused with a hint', async () => {
  await assert.rejects(bench('--only', 'append-7'), /there is no append-7; --list names what there is/);
});

test('a goal is met by a ratio or a value on its right side, and a ratio needs a peer', () => {
  const measured = { name: 'n', what: 'w', value: 8, unit: 'u', rounds: 1, medianOf: 'rounds' };
  const against = { what: 'a peer', value: 10 };
  assert.equal(ranRow({ ...measured, against, goal: ratioAtLeast(0.8) }).met, true);
  assert.equal(ranRow({ ...measured, against, goal: ratioAtLeast(0.81) }).met, false);
  assert.equal(ranRow({ ...measured, against, goal: ratioAtMost(0.79) }).met, false);
  assert.equal(ranRow({ ...measured, goal: valueAtMost(8) }).met, true);
  assert.equal('met' in ranRow(measured), false);
  assert.throws(() => ranRow({ ...measured, goal: ratioAtLeast(1) }), RangeError);
});
