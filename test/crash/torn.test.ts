import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import { openHistory } from '#compose/stores.ts';
import { systemClock } from '#engines/clock/system.ts';
import { rawHistory } from '#test/judge/database.ts';
import { judgement } from '#test/judge/judge.ts';
import { readLog as readLines } from '#test/judge/log.ts';
import type { RawEvent } from '#test/judge/raw.ts';
import { acknowledgementLog } from '#test/support/acknowledgement-log.ts';
import { bundled } from '#test/support/bundled.ts';
import { type Counter, counterAt } from '#test/support/counter.ts';
import { endOf, moveIn, passTime, tellOfAuction } from './boundaries.ts';
import { auctionFeed, eventsFeed, overSocket } from './followers.ts';
import { type MortalPlatform, mortalPlatform } from './mortal-platform.ts';
import { differingViews, judgedApart, programOutput } from './random-kills.ts';
import { copyOf, flippedAt, lastWhole, readLog, tornAt, type WriteAheadLog } from './write-ahead-log.ts';

// A platform is killed while everything it ever wrote still stands in the write-ahead logs. Copies of its folder get logs
// that are torn at every place where a disk that lies may tear them.

const folder = mkdtempSync(join(tmpdir(), 'annals-torn-'));
const whole = join(folder, 'whole');
const environment = { CLOCK: 'simulated' };
/** So many bytes into a frame it is torn, too: in its header, and in its page. */
const INSIDE_FRAME_BYTES = [8, 1_000] as const;
/** Every frame of so many commits at the end is torn inside and has a bit flipped, too. */
const LAST_COMMITS = 12;
/** Of each part, on a machine that others work on too, in milliseconds. */
const TIMEOUT_MS = 300_000;
/** The views are torn at so many frames at the end. */
const LAST_VIEW_FRAMES = 150;
/** Verified where the whole would take long: what people bid on, what they own, and what the house has to settle. */
const TELLING_VIEWS = ['auctions', 'wallets', 'settlements'];

const over = new AbortController();
const platforms = new Set<MortalPlatform>();
let history: readonly RawEvent[] = [];
let events: WriteAheadLog;
let views: WriteAheadLog;
/** The token of the last answer: it stands for the end of the settlement. */
let lastToken = '';
let copies = 0;

const nextFolder = (): string => join(folder, `copy-${++copies}`);

async function platformOn(data: string): Promise<MortalPlatform> {
  const platform = await mortalPlatform({ folder: data, environment });
  platforms.add(platform);
  return platform;
}

const counterOf = ({ url }: MortalPlatform): Counter =>
  counterAt(url, acknowledgementLog(join(folder, `log-${++copies}.jsonl`)), over.signal);

before(async () => {
  const platform = await platformOn(whole);
  assert.ok(await platform.start(), platform.output());
  const log = acknowledgementLog(join(folder, 'acknowledgements.jsonl'));
  const counter = counterAt(platform.url, log, over.signal);
  await moveIn(counter);
  await tellOfAuction(counter);
  await platform.kill();
  const tokens = readLines(log.file).flatMap((line) =>
    line.kind === 'heard' ? [String((line.body as { token?: string }).token)] : [],
  );
  lastToken = tokens.at(-1) ?? '';
  events = readLog(join(whole, 'events.db-wal'));
  views = readLog(join(whole, 'views.db-wal'));
  history = rawHistory(whole).events;
});
after(async () => {
  over.abort();
  for (const platform of platforms) await platform.kill();
  rmSync(folder, { recursive: true, force: true });
});

/** Every command's events in a stream are there or none of them is: an append is never torn. */
function assertWholeAppends(part: readonly RawEvent[]): void {
  const appendOf = ({ stream, metadata }: RawEvent): string =>
    `${stream} ${metadata.actor} ${metadata.commandId}`;
  const inAll = Map.groupBy(history, appendOf);
  for (const [append, own] of Map.groupBy(part, appendOf))
    assert.equal(own.length, inAll.get(append)?.length, append);
}

/** The history in a copy whose log has these bytes: in order, sound, and the beginning of the whole one. */
function assertSound(log: Uint8Array): readonly RawEvent[] {
  const copy = copyOf(whole, nextFolder(), { events: log });
  const found = rawHistory(copy);
  rmSync(copy, { recursive: true });
  assert.deepEqual(found.damage, []);
  assert.deepEqual(found.events, history.slice(0, found.events.length));
  assertWholeAppends(found.events);
  const judged = judgement();
  for (const event of found.events) judged.see(event);
  assert.deepEqual(judged.problems(), []);
  return found.events;
}

describe('the log of the history, torn', { timeout: TIMEOUT_MS }, () => {
  /** How many events there are behind each commit. */
  const behind = new Map<number, number>();

  test('at the end of each commit, holds what was committed and lacks the rest', (t) => {
    for (const end of events.commits) behind.set(end, assertSound(tornAt(events, end)).length);
    const counts = [...behind.values()];
    assert.deepEqual(
      counts,
      counts.toSorted((a, b) => a - b),
    );
    assert.equal(counts.at(-1), history.length);
    t.diagnostic(`${events.commits.length} commits, ${history.length} events`);
  });

  test('at each page, and inside of the last ones, lacks only the commits that were cut', (t) => {
    const recent = events.commits.at(-LAST_COMMITS) ?? 0;
    const places = events.frames.flatMap((frame) =>
      frame < recent ? [frame] : [frame, ...INSIDE_FRAME_BYTES.map((bytes) => frame + bytes)],
    );
    for (const at of places)
      assert.equal(
        assertSound(tornAt(events, at)).length,
        behind.get(lastWhole(events, at)) ?? 0,
        `at ${at}`,
      );
    t.diagnostic(`torn at ${places.length} places`);
  });

  test('with a bit flipped, holds the commits before it', (t) => {
    const frames = events.frames.filter((frame) => frame >= (events.commits.at(-LAST_COMMITS) ?? 0));
    for (const frame of frames)
      for (const at of [frame + 20, frame + 5_000])
        assert.equal(assertSound(flippedAt(events, at)).length, behind.get(lastWhole(events, at)) ?? 0);
    t.diagnostic(`flipped at ${2 * frames.length} places`);
  });

  test('opens as a store that goes on where it ends', async () => {
    const recent = events.commits.slice(-LAST_COMMITS);
    for (const end of recent) {
      const copy = copyOf(whole, nextFolder(), { events: tornAt(events, end) });
      const store = await openHistory({ profile: 'embedded', folder: copy }, { clock: systemClock() });
      const count = behind.get(end) ?? 0;
      assert.equal(await store.head(), BigInt(count));
      const eventId = '01900000-0000-7000-8000-000000000001';
      const result = await store.append('test-1', 'none', [
        { eventId, type: 'Happened', data: {}, metadata: {} },
      ]);
      assert.equal(result.status === 'appended' && result.position, BigInt(count + 1));
      await store.close();
      rmSync(copy, { recursive: true });
    }
  });
});

/** The log up to the first commit that holds so many events, and how many it holds. */
function upTo(count: number): { readonly log: Buffer; readonly head: number } {
  for (const end of events.commits) {
    const log = tornAt(events, end);
    const head = assertSound(log).length;
    if (head >= count) return { log, head };
  }
  throw new Error(`there are no ${count} events`);
}
const eventsBefore = (type: string): number => history.findIndex((event) => event.type === type);

const bytesOf = (data: string): readonly string[] =>
  ['events.db', 'events.db-wal'].map((name) =>
    createHash('sha256')
      .update(readFileSync(join(data, name)))
      .digest('hex'),
  );

/** The code of the first answer of a feed that is asked for with a cursor. */
async function refusal(
  platform: MortalPlatform,
  authorization: string,
  { query, variables }: { readonly query: string; readonly variables: object },
  after: string,
): Promise<unknown> {
  const socket = overSocket(platform.url, authorization);
  try {
    for await (const answer of socket.listen(query, { ...variables, after }, over.signal))
      return (answer as { errors?: { extensions: { code: string } }[] }).errors?.[0]?.extensions.code;
    return 'ended';
  } finally {
    socket.close();
  }
}

/** What whoever holds a token of what is lost is told, by either feed and by a query. */
async function toldOfToken(platform: MortalPlatform): Promise<readonly unknown[]> {
  const counter = counterOf(platform);
  const { authorization } = await counter.signIn('ivy', 'investigator');
  const asked = await counter.request('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify({
      query: 'query ($at: Token) { auction(auctionId: "a1", atLeast: $at) { phase } }',
      variables: { at: lastToken },
    }),
  });
  const { errors } = JSON.parse(asked?.body ?? '') as { errors?: { extensions: { code: string } }[] };
  return [
    await refusal(platform, authorization, eventsFeed(), lastToken),
    await refusal(platform, authorization, auctionFeed('a1'), lastToken),
    errors?.[0]?.extensions.code,
  ];
}

describe('a history that has lost what was read of it', { timeout: TIMEOUT_MS }, () => {
  let torn = '';
  let head = 0;
  /** By which the refusal says that the loss is accepted. */
  let word = '';
  before(() => {
    // The lot is sold, and nobody is paid.
    const sold = upTo(eventsBefore('LotSold') + 1);
    head = sold.head;
    torn = copyOf(whole, nextFolder(), { events: sold.log });
  });

  test('is not gone on with: it says who has read further, and leaves every byte as it was', async () => {
    const untouched = bytesOf(torn);
    const platform = await platformOn(torn);
    for (const ACCEPT_HISTORY_END of ['', `${head - 1}-00000000`]) {
      assert.equal(await platform.start({ ACCEPT_HISTORY_END }), false);
      assert.equal(await platform.ended, 65);
      const said = platform.output();
      assert.ok(said.includes(`the history ends at position ${head} and was read further by `), said);
      assert.match(said, /(view:[a-z-]+@1\.1|saga:[a-z-]+|reaction:[a-z-]+|sagas:outbox) \(\d+\)/);
      assert.match(said, /Nothing was changed/);
      word = new RegExp(`ACCEPT_HISTORY_END=(${head}-[0-9a-f]{8})\\.`).exec(said)?.[1] ?? '';
      assert.ok(word, said);
    }
    const { code, output } = await programOutput(bundled.cli, ['projections', 'status', '--data', torn]);
    assert.equal(code, 65);
    assert.match(output, /was read further by/);
    assert.deepEqual(bytesOf(torn), untouched);
  });

  test('goes on when that is accepted: under a new epoch, with new views, to the end of its sagas', async () => {
    const { epoch } = rawHistory(torn);
    const platform = await platformOn(torn);
    assert.ok(await platform.start({ ACCEPT_HISTORY_END: word }), platform.output());
    assert.match(platform.output(), /as accepted, it goes on under a new epoch/);
    assert.deepEqual(await toldOfToken(platform), ['other_history', 'other_history', 'other_history']);
    // Whoever was told of what is lost does it again under the same ids.
    const counter = counterOf(platform);
    await tellOfAuction(counter);
    await passTime(counter);
    assert.equal(await platform.stop(), 0);
    assert.notEqual(rawHistory(torn).epoch, epoch);
    assert.deepEqual(endOf(torn).end, endOf(whole).end);
    assert.deepEqual((await judgedApart(torn)).problems, []);
    assert.deepEqual(await differingViews(torn, TELLING_VIEWS), []);
    const kept = new DatabaseSync(join(torn, `views.db.before-${head}`), { readOnly: true });
    const furthest = kept.prepare('SELECT max(checkpoint) AS at FROM consumers').get()?.at;
    kept.close();
    assert.equal(furthest, history.length);
    // The word was for this one loss.
    assert.ok(await platform.start({ ACCEPT_HISTORY_END: word }), platform.output());
    assert.doesNotMatch(platform.output(), /accepted/);
    assert.equal(await platform.stop(), 0);
  });

  test('where no view is left to tell, whoever comes with its token is told', async () => {
    // Nothing is under way at this place, so that the history does not grow over the token by itself.
    const { log } = upTo(eventsBefore('BidPlaced'));
    const copy = copyOf(whole, nextFolder(), { events: log });
    for (const name of ['views.db', 'views.db-wal']) rmSync(join(copy, name), { force: true });
    const platform = await platformOn(copy);
    assert.ok(await platform.start(), platform.output());
    assert.deepEqual(await toldOfToken(platform), ['other_history', 'other_history', 'other_history']);
    await platform.kill();
  });
});

describe('the log of the views, torn', { timeout: TIMEOUT_MS }, () => {
  const checkpoints = (copy: string): Map<string, number> => {
    const db = new DatabaseSync(join(copy, 'views.db'), { readOnly: true });
    const damage = db.prepare('PRAGMA integrity_check').get()?.integrity_check;
    const exists = db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'consumers'`).get() !== undefined;
    const rows = exists ? db.prepare('SELECT name, checkpoint FROM consumers').all() : [];
    db.close();
    assert.equal(damage, 'ok');
    return new Map(rows.map(({ name, checkpoint }) => [String(name), Number(checkpoint ?? 0)]));
  };

  test('at each page, opens, and its readers stand where they stood', (t) => {
    let before = new Map<string, number>();
    const places = views.frames.slice(-LAST_VIEW_FRAMES);
    for (const at of places) {
      const copy = copyOf(whole, nextFolder(), { views: tornAt(views, at) });
      const found = checkpoints(copy);
      rmSync(copy, { recursive: true });
      for (const [name, checkpoint] of before)
        assert.ok((found.get(name) ?? 0) >= checkpoint, `${name} at ${at}`);
      before = found;
    }
    t.diagnostic(`torn at ${places.length} places`);
  });

  test('in its middle, is caught up to the same content', async () => {
    const at = views.frames[Math.floor(views.frames.length * 0.7)] ?? 0;
    const copy = copyOf(whole, nextFolder(), { views: tornAt(views, at) });
    const platform = await platformOn(copy);
    assert.ok(await platform.start(), platform.output());
    await passTime(counterOf(platform));
    assert.equal(await platform.stop(), 0);
    assert.deepEqual(await differingViews(copy, TELLING_VIEWS), []);
    assert.deepEqual(rawHistory(copy).events, history);
  });
});
