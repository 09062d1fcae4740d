import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { sharedClock } from '#compose/clock/shared-clock.ts';
import { registry } from '#compose/contexts.ts';
import { addressesBehind } from '#compose/http/addresses.ts';
import { openHttp } from '#compose/http.ts';
import { type Instant, later } from '#domain/kernel/instant.ts';
import { noLog } from '#domain/kernel/ports/log.ts';
import { RejectedError } from '#domain/kernel/rejections.ts';
import { type DoneWith, followedClock } from '#engines/clock/followed.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { systemClock } from '#engines/clock/system.ts';
import { newIds } from '#engines/ids.ts';
import { serviceClient } from '#engines/service/client.ts';
import { serviceLimits } from '#runtime/service/limits.ts';
import type { Moment } from '#runtime/service/moments.ts';
import { machineClockOf } from '#test/support/machine-clock.ts';
import { until } from '#test/support/until.ts';

// One clock of several processes, over a real port: the one that moves it, and those that follow.

const START: Instant = '2026-03-01T12:00:00.000Z';
const system = systemClock();
const newId = newIds({ clock: system });
const at = (seconds: number): Instant => later(START, seconds * 1_000);

/** A process that moves the clock. */
async function givenOwner({
  start = START,
  port = 0,
}: {
  readonly start?: Instant;
  readonly port?: number;
} = {}) {
  const clock = simulatedClock({ start });
  const machineClock = machineClockOf(system);
  let head = 0n;
  /** When nothing was left to do here, by the business's time. */
  const rested: Instant[] = [];
  const shared = sharedClock({
    ...{ clock, machineClock, log: noLog, owner: newId(), turnMs: 20_000 },
    store: { head: async () => head },
    async settled() {
      rested.push(clock.now());
      return head;
    },
  });
  const http = await openHttp({
    ...{ host: '127.0.0.1', port, registry, newId, clock: system, addresses: addressesBehind([]) },
    routers: [shared.routes(async (token) => token === 'role')],
    health: () => ({}),
    report: (error) => assert.fail(String(error)),
  });
  after(() => http.close(0));
  return { ...{ clock, machineClock, shared, http, rested }, append: () => (head += 1n) };
}
type Owner = Awaited<ReturnType<typeof givenOwner>>;

function clientOf({ http }: Pick<Owner, 'http'>) {
  const client = serviceClient({
    url: http.url,
    token: async () => 'role',
    clock: system,
    lives: 'simulated',
  });
  after(client.close);
  return client;
}

/** A process that follows, and is done with everything at once unless it is told otherwise. */
async function givenFollower(owner: Pick<Owner, 'http'>, doneWith: DoneWith = async () => true) {
  const followed = await followedClock({
    ...{ client: clientOf(owner), follower: newId(), machineClock: system, log: noLog, joinWithinMs: 0 },
  });
  const asked: { readonly now: Instant; readonly head: bigint; readonly all: boolean }[] = [];
  followed.follow(async (head, all, timeoutMs) => {
    asked.push({ now: followed.clock.now(), head, all });
    return doneWith(head, all, timeoutMs);
  });
  after(followed.stop);
  await until(() => asked.length > 0, 'it follows');
  return { ...followed, asked };
}

/** Asks once, as a follower does, and is never heard of again unless the test asks once more. */
async function askedBy(owner: Owner, follower: string, asking: object = {}): Promise<Moment> {
  const text = JSON.stringify({ follower, now: null, next: null, done: null, ...asking });
  const { status, body } = await clientOf(owner).ask('/clock', text, 10_000);
  assert.equal(status, 200);
  return body as Moment;
}

test('every process is at the present moment, and what falls due in any of them is met at its own', async () => {
  const owner = await givenOwner({ start: at(5) });
  const one = await givenFollower(owner);
  const other = await givenFollower(owner);
  assert.equal(one.clock.now(), at(5));
  const rung: string[] = [];
  one.clock.at(at(10), () => rung.push(`one ${one.clock.now()}`));
  other.clock.at(at(20), () => {
    rung.push(`other ${other.clock.now()}`);
    other.clock.at(at(25), () => rung.push(`again ${other.clock.now()}`));
  });
  owner.clock.at(at(15), () => rung.push(`owner ${owner.clock.now()}`));
  await owner.shared.moveTo(at(60));
  assert.deepEqual(rung, [`one ${at(10)}`, `owner ${at(15)}`, `other ${at(20)}`, `again ${at(25)}`]);
  // The owner stops there too: what is decided because of it is decided at that moment.
  assert.deepEqual([...new Set(owner.rested)], [5, 10, 15, 20, 25, 60].map(at));
  for (const { clock } of [owner, one, other]) assert.equal(clock.now(), at(60));
});

test('a move ends when every process is done with the history up to its end, with all of it the last time', async () => {
  const owner = await givenOwner();
  let done = false;
  const { asked } = await givenFollower(owner, async (_, all) => done || !all);
  owner.append();
  let hasMoved = false;
  const moving = owner.shared.moveTo(at(1)).then(() => {
    hasMoved = true;
  });
  await until(() => asked.some(({ all }) => all), 'it is asked for all');
  await wait(100);
  assert.equal(hasMoved, false);
  done = true;
  await moving;
  const last = asked.at(-1);
  assert.deepEqual(last, { now: at(1), head: 1n, all: true });
  assert.ok(asked.some(({ all, now }) => !all && now === START));
});

test('what is recorded while the others rest is waited for, too', async () => {
  const owner = await givenOwner();
  let more = 2;
  const { asked } = await givenFollower(owner, async () => {
    if (more > 0) owner.append();
    more -= 1;
    return true;
  });
  await owner.shared.moveTo(at(1));
  assert.equal(asked.at(-1)?.head, 2n);
});

test('one that hangs is waited for a bounded time, and is at the present moment when it comes again', async () => {
  const owner = await givenOwner();
  const { owner: name, turn } = await askedBy(owner, 'hangs');
  const moving = owner.shared.moveTo(at(9));
  await wait(50);
  assert.equal(owner.clock.now(), START);
  owner.machineClock.pass(serviceLimits.silenceMs);
  await moving;
  const told = await askedBy(owner, 'hangs', { now: START, done: { owner: name, turn } });
  assert.equal(told.now, at(9));
  assert.ok(told.turn > turn);
});

test('one that is killed while it waits is missed by nobody, and one killed in the midst of a move holds it up no longer', async (t) => {
  const owner = await givenOwner();
  const client = clientOf(owner);
  const { owner: name, turn } = await askedBy(owner, 'killed');
  const done = { owner: name, turn };
  const text = JSON.stringify({ follower: 'killed', now: START, next: at(3), done });
  const held = client.ask('/clock', text, 10_000).catch(() => undefined);
  await wait(50);
  client.close();
  await held;
  // Its end has to arrive; else it is waited for as one that hangs.
  await wait(100);
  await owner.shared.moveTo(at(4));
  assert.ok(!owner.rested.includes(at(3)));

  let hangs = false;
  t.after(() => (hangs = false));
  const killed = await givenFollower(owner, async () => {
    while (hangs) await wait(5);
    return true;
  });
  hangs = true;
  const moving = owner.shared.moveTo(at(9));
  await until(() => killed.asked.length > 1, 'it is in the midst of it');
  const stopped = killed.stop();
  await wait(50);
  assert.equal(owner.clock.now(), at(4));
  owner.machineClock.pass(serviceLimits.silenceMs);
  await moving;
  assert.equal(owner.clock.now(), at(9));
  hangs = false;
  await stopped;
});

test('time never runs backwards: whoever moves it goes on from where the others are when it was started again', async () => {
  const first = await givenOwner();
  const follower = await givenFollower(first);
  await first.shared.moveTo(at(100));
  const { port } = new URL(first.http.url);
  await first.http.close(0);
  const seen: Instant[] = [];
  const second = await givenOwner({ port: Number(port) });
  second.clock.at(at(50), () => seen.push(second.clock.now()));
  assert.equal(second.clock.now(), START);
  await until(() => second.clock.now() === at(100), 'it goes on from there');
  assert.deepEqual(seen, [at(50)]);
  await second.shared.moveTo(at(200));
  assert.equal(follower.clock.now(), at(200));
});

test('nobody is told the time but roles, and nothing that is no question is taken for one', async () => {
  const { http } = await givenOwner();
  const post = (body: string, authorization: string) =>
    fetch(`${http.url}/clock`, {
      ...{ method: 'POST', body, headers: { authorization, 'content-type': 'application/json' } },
    });
  const question = JSON.stringify({ follower: 'f', now: null, next: null, done: null });
  assert.equal((await post(question, 'Bearer somebody')).status, 401);
  assert.equal((await post('{"follower":1}', 'Bearer role')).status, 400);
  assert.equal((await post(question, 'Bearer role')).status, 200);
});

test('a move that a process does not come to rest behind fails in its time, and the next one is tried', async () => {
  const owner = await givenOwner();
  let done = false;
  const { asked } = await givenFollower(owner, async () => done || asked.length < 2);
  const moving = owner.shared.moveTo(at(1));
  await until(() => asked.length > 2, 'it is asked');
  const failing = assert.rejects(moving, /did not come to rest/);
  const passing = setInterval(() => owner.machineClock.pass(1_000), 5);
  await failing.finally(() => clearInterval(passing));
  done = true;
  await owner.shared.moveTo(at(2));
  assert.equal(owner.clock.now(), at(2));
});

test('time goes forwards only: a moment that is past is refused, and the present one lets everything come to rest', async () => {
  const owner = await givenOwner({ start: at(5) });
  const past = (error: Error) => {
    assert.ok(error instanceof RejectedError && error.rejection.code === 'invalid');
    assert.match(JSON.stringify(error.rejection.details), /"path":"to".*stands at .* goes forwards only/);
    return true;
  };
  await assert.rejects(owner.shared.moveTo(at(4)), past);
  await owner.shared.moveTo(at(5));
  // What counts is when its turn has come.
  const moves = [owner.shared.moveTo(at(9)), owner.shared.moveTo(at(7))];
  await moves[0];
  await assert.rejects(moves[1] ?? assert.fail(), past);
  assert.equal(owner.clock.now(), at(9));
});
