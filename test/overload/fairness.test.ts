import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Reply } from '#domain/kernel/envelope.ts';
import { retryAfterMs } from '#runtime/wire.ts';
import { acceptedPerSecond, during, inTime, isAccepted, p99, sentFrom } from './flood.ts';
import { CAPACITY, crowdOf, givenTallies } from './tally-stage.ts';

const SECONDS = 6;
/** By then the burst that a calm platform lets in has been worked off. */
const STEADY_MS = 1_000;
const good = crowdOf(200, 'good');

describe('people who flood the platform', () => {
  for (const flooders of [1, 5])
    it(`${flooders} of them do not keep the others out`, async () => {
      const stage = givenTallies();
      const { usual } = await during(stage, 3, { usual: stage.load(CAPACITY / 50, { people: good }) });
      const { others, flood } = await during(stage, SECONDS, {
        others: stage.load(CAPACITY / 10, { people: good }),
        flood: stage.load(10 * CAPACITY, { people: crowdOf(flooders, 'bad') }),
      });
      const steady = sentFrom(others, STEADY_MS);
      const served = steady.filter(isAccepted).length / steady.length;
      assert.ok(served >= 0.97, `${served} of the others`);
      assert.ok(p99(steady) <= 3 * p99(usual), `${p99(steady)} ms`);
      // What the others leave is not wasted, though whoever floods their own stream waits for themselves.
      assert.ok(acceptedPerSecond(flood, SECONDS) >= CAPACITY / 5);
    });
  it('are as many as everybody else when everybody floods', async () => {
    const stage = givenTallies();
    const many = crowdOf(20, 'many');
    const { flood } = await during(stage, SECONDS, { flood: stage.load(10 * CAPACITY, { people: many }) });
    const served = new Map<string, number>();
    for (const { reply } of flood)
      for (const { metadata } of reply.events)
        served.set(metadata.actor, (served.get(metadata.actor) ?? 0) + 1);
    const counts = [...served.values()];
    assert.equal(counts.length, many.length);
    assert.ok(Math.max(...counts) <= 2 * Math.min(...counts), `${counts}`);
  });
});

describe('work that finishes what was begun', () => {
  it('is never refused for a flood outside, and is not much slower for it', async () => {
    const stage = givenTallies();
    await during(stage, 3, { light: stage.load(CAPACITY / 50, { people: good }) });
    const { usual } = await during(stage, 3, { usual: stage.internal(CAPACITY / 50) });
    const { internal, flood } = await during(stage, SECONDS, {
      internal: stage.internal(CAPACITY / 4),
      flood: stage.load(10 * CAPACITY, { people: good }),
    });
    assert.ok(internal.every(isAccepted));
    const steady = sentFrom(internal, STEADY_MS);
    assert.ok(p99(steady) <= 3 * p99(usual), `${p99(steady)} ms, usually ${p99(usual)}`);
    const outside = acceptedPerSecond(flood, SECONDS);
    assert.ok(outside >= CAPACITY / 4, `${outside}/s`);
  });
  it('takes the places of those outside where there is not enough for both', async () => {
    const stage = givenTallies();
    await during(stage, 3, { usual: stage.load(CAPACITY / 50, { people: good }) });
    const { internal, flood } = await during(stage, SECONDS, {
      internal: stage.internal(CAPACITY * 0.9),
      flood: stage.load(10 * CAPACITY, { people: good }),
    });
    assert.ok(internal.every(isAccepted));
    assert.ok(acceptedPerSecond(sentFrom(flood, STEADY_MS), SECONDS - 1) <= CAPACITY / 2);
    assert.ok(stage.pipeline.status().inFlight.system === 0);
  });
});

describe('people who come again when they are told to', () => {
  it('are all served, at the rate of the platform and after a few tries', async () => {
    const stage = givenTallies();
    const people = crowdOf(3_000);
    await during(stage, 3, { usual: stage.load(CAPACITY / 50, { people }) });
    let tries = 0;
    let servedAfterMs = 0;
    const startMs = Date.parse(stage.clock.now());
    const pause = (ms: number) =>
      new Promise<void>((resolve) => {
        const moment = new Date(Date.parse(stage.clock.now()) + ms).toISOString();
        stage.clock.at(moment, resolve);
      });
    async function patient(actor: (typeof people)[number]): Promise<Reply> {
      for (;;) {
        tries += 1;
        // Else who is told to come at once would come for ever.
        assert.ok(tries <= 6 * people.length, `${tries} tries`);
        const reply = await stage.dispatch({ actor, commandId: 'once', data: { tally: actor.id, times: 1 } });
        servedAfterMs = Math.max(servedAfterMs, Date.parse(stage.clock.now()) - startMs);
        if (reply.outcome !== 'rejected') return reply;
        assert.equal(reply.rejection.code, 'overloaded');
        await pause(retryAfterMs(reply.rejection) ?? 0);
      }
    }
    const replies = await inTime(stage, Promise.all(people.map(patient)));
    assert.ok(replies.every(({ outcome, events }) => outcome === 'accepted' && events.length === 1));
    // Three seconds of work, all of it asked for in one moment.
    assert.ok(servedAfterMs <= 12_000, `${servedAfterMs} ms`);
  });
});
