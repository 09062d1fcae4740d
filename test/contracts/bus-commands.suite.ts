import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Dispatch, Envelope, Reply } from '#domain/kernel/envelope.ts';
import type { Bus } from '#domain/kernel/ports/bus.ts';
import { Overloaded } from '#domain/kernel/rejections.ts';
import { systemClock } from '#engines/clock/system.ts';
import { newSigningKey } from '#engines/tokens/jose.ts';
import { type Behind, BusCustomer } from '#test/support/bus-commands.ts';
import { givenPlatform, type Platform } from '#test/support/platform.ts';
import { tallies, tallyDeciders } from '#test/support/tally.ts';
import { until } from '#test/support/until.ts';
import { commandTopics } from '#write-side/bus/topics.ts';
import { BODY_BYTES } from '#write-side/rest/body.ts';
import { type BusEngine, freshName } from './bus.suite.ts';

const givenTallies = (): Platform =>
  givenPlatform({ contexts: [tallies], deciders: tallyDeciders, pauseClock: systemClock() });

const behind = ({ registry, store, pipeline }: Platform, dispatch: Dispatch = pipeline.dispatch): Behind => ({
  ...{ registry, dispatch, epoch: store.epoch },
});
const add = (tally: string, by: number | string) => ({ command: 'Add', data: { tally, by: String(by) } });

/** The whole way of commands over a bus, whichever it is: from the topic through the pipeline to the reply. */
export function busCommandsContract({ engine, open }: Pick<BusEngine, 'engine' | 'open'>): void {
  describe(`commands over the bus: ${engine}`, { concurrency: 3 }, () => {
    let bus: Bus;
    before(async () => {
      bus = await open();
    });
    after(() => bus.close());

    it('accepts and rejects as REST does, and a repeat is decided once and answered the same', async (t) => {
      const customer = await BusCustomer.open(t, bus, freshName());
      const platform = givenTallies();
      await customer.takenBy(t, behind(platform));
      const token = await customer.token('ann');
      const correlationId = 'trace-1';
      await customer.send({ ...add('a', 600), idempotencyKey: 'yes', token, correlationId });
      await customer.send({ ...add('a', 500), idempotencyKey: 'no', token });
      const recorded = { command: 'AddOnRecord', data: { tally: 'a', by: '500' } };
      await customer.send({ ...recorded, idempotencyKey: 'recorded', token });
      await customer.send({ ...add('a', 600), idempotencyKey: 'yes', token, correlationId });
      const [first, second] = [await customer.reply('yes'), await customer.reply('yes', 2)];
      assert.deepEqual(
        { ...first, token: '' },
        {
          ...{ outcome: 'accepted', commandId: 'yes', token: '', stream: 'tally-a' },
          events: [{ type: 'Added', data: { by: '600' } }],
        },
      );
      assert.deepEqual(second, first);
      const { code, message, details, commandId } = await customer.reply('no');
      assert.deepEqual(
        { code, message, details, commandId },
        { code: 'tally_full', message: 'No room.', details: { room: '400' }, commandId: 'no' },
      );
      assert.equal((await customer.reply('recorded')).code, 'tally_full');
      const headers = customer.told(customer.replyTo).map(({ key, headers }) => [key, headers]);
      const json = { 'content-type': 'application/json' };
      assert.deepEqual(headers.slice(0, 3), [
        ['yes', { 'correlation-id': correlationId, ...json, status: '200' }],
        ['no', { 'correlation-id': 'no', ...json, status: '409' }],
        ['recorded', { 'correlation-id': 'recorded', ...json, status: '409' }],
      ]);
      const events = await platform.history('tally-a');
      assert.deepEqual(
        events.map(({ type, metadata }) => [type, metadata.origin, metadata.correlationId, metadata.actor]),
        [
          ['Added', { channel: 'bus' }, correlationId, 'ann'],
          ['AddRefused', { channel: 'bus' }, 'recorded', 'ann'],
        ],
      );
      assert.deepEqual(customer.deadLetters(), []);
    });

    it('decides records of one key in their order, and of different keys at once', async (t) => {
      const customer = await BusCustomer.open(t, bus, freshName());
      const platform = givenTallies();
      const begun: string[] = [];
      let [atWork, most] = [0, 0];
      const slowly: Dispatch = async (envelope) => {
        begun.push(envelope.commandId);
        atWork += 1;
        most = Math.max(most, atWork);
        // The first of each key is the slowest.
        await pause(envelope.commandId.endsWith('-0') ? 60 : 2);
        atWork -= 1;
        return platform.pipeline.dispatch(envelope);
      };
      const token = await customer.token('ann');
      const keys = ['a', 'b', 'c', 'd', 'e'];
      const sent: Promise<void>[] = [];
      for (let at = 0; at < 8; at += 1)
        for (const key of keys)
          sent.push(customer.send({ ...add(key, at + 1), idempotencyKey: `${key}-${at}`, token }, key));
      await Promise.all(sent);
      await customer.takenBy(t, behind(platform, slowly));
      for (const key of keys) await customer.reply(`${key}-7`);
      for (const key of keys)
        assert.deepEqual(
          begun.filter((id) => id.startsWith(key)),
          Array.from({ length: 8 }, (_, at) => `${key}-${at}`),
        );
      assert.ok(most > 1, 'one waited for all the others');
    });

    it('answers whoever has no good token, and those who may not', async (t) => {
      const customer = await BusCustomer.open(t, bus, freshName());
      const platform = givenTallies();
      await customer.takenBy(t, behind(platform));
      const [good, stranger] = [await customer.token('ann'), await newSigningKey()];
      const forged = await customer.token('ann', ['bidder'], { key: stranger });
      const ofOthers = await customer.token('ann', ['bidder'], { issuer: 'others' });
      const forOthers = await customer.token('ann', ['bidder'], { audience: 'others' });
      const sold = await customer.token('sam', ['seller']);
      const inject = { command: 'Inject', data: { tally: 'a', by: '1' } };
      const cases: readonly (readonly [string, object])[] = [
        ['unauthenticated', add('a', 1)],
        ['unauthenticated', { ...add('a', 1), token: '' }],
        ['unauthenticated', { ...add('a', 1), token: forged }],
        ['unauthenticated', { ...add('a', 1), token: ofOthers }],
        ['unauthenticated', { ...add('a', 1), token: forOthers }],
        ['unauthenticated', { ...add('a', 1), token: `Bearer ${good}` }],
        ['unauthenticated', { ...add('a', 1), token: await customer.expiredToken('ann') }],
        ['forbidden', { ...add('a', 1), token: sold }],
        ['not_found', { ...inject, token: good }],
        ['not_found', { command: 'Conjure', data: {}, token: good }],
        ['invalid', { command: 'Add', data: { tally: 'a', by: '1', more: 1 }, token: good }],
        ['invalid', { command: 'Add', data: null, token: good }],
        ['accepted', { ...add('a', 1), token: good }],
      ];
      for (const [at, [, envelope]] of cases.entries())
        await customer.send({ ...envelope, idempotencyKey: `case-${at}` });
      for (const [at, [expected]] of cases.entries()) {
        const { code, outcome } = await customer.reply(`case-${at}`);
        assert.equal(code ?? outcome, expected, `case ${at}`);
      }
      assert.equal((await platform.history('tally-a')).length, 1);
      assert.deepEqual(customer.deadLetters(), []);
    });

    it('tries again what there was no room for, without its token, and decides it once', async (t) => {
      const customer = await BusCustomer.open(t, bus, freshName());
      const platform = givenTallies();
      const seen: Envelope[] = [];
      const busy: Dispatch = async (envelope): Promise<Reply> => {
        seen.push(envelope);
        if (seen.length > 1) return platform.pipeline.dispatch(envelope);
        const { commandId } = envelope;
        const rejection = Overloaded({ retryAfterMs: 10 });
        return { outcome: 'rejected', commandId, rejection, position: undefined, events: [] };
      };
      const { status } = await customer.takenBy(t, behind(platform, busy));
      const token = await customer.token('ann');
      await customer.send({ ...add('hidden', 7), idempotencyKey: 'later', token, correlationId: 'trace' });
      assert.equal((await customer.reply('later')).outcome, 'accepted');
      assert.deepEqual(seen[1], seen[0]);
      assert.equal((await platform.history('tally-hidden')).length, 1);
      assert.deepEqual({ ...status() }, { problem: undefined, answered: 1, handedOn: 1, deadLetters: 0 });
      const [waited] = customer.told(`${customer.prefix}.commands.retry-1s`);
      assert.ok(waited !== undefined);
      for (const open of ['hidden', 'later', 'ann', token, token.split('.')[1] ?? '?'])
        assert.ok(
          !customer.told(`${customer.prefix}.commands.retry-1s`).some((it) => it.value.includes(open)),
          open,
        );
      assert.notEqual(waited.key, 'k');
    });

    it('lays aside what cannot be read, and what wants a reply elsewhere, without what is in it', async (t) => {
      const customer = await BusCustomer.open(t, bus, freshName());
      const platform = givenTallies();
      await customer.takenBy(t, behind(platform));
      const token = await customer.token('ann');
      const { replyTo } = customer;
      const whole = { ...add('planted', 4711), idempotencyKey: 'planted-key', token, replyTo };
      const text = JSON.stringify(whole);
      const { idempotencyKey: _, ...keyless } = whole;
      const { commands, retries, dead } = commandTopics(customer.prefix);
      const unreadable = [
        'no JSON',
        '',
        '[]',
        '"planted"',
        text.slice(0, -1),
        `${text.slice(0, -1)},"command":"Seal"}`,
        `${text.slice(0, -1)},"${token}":1}`,
        `${text.slice(0, -1)},"__proto__":{"planted":1}}`,
        JSON.stringify(keyless),
        JSON.stringify({ ...whole, data: undefined }),
        JSON.stringify({ ...whole, command: token }),
        JSON.stringify({ ...whole, idempotencyKey: '\ud800' }),
        JSON.stringify({ ...whole, correlationId: token }),
        JSON.stringify({ ...whole, replyTo: 'a topic' }),
        `{"command":"Add","data":${'['.repeat(100)}${']'.repeat(100)},"planted":1}`,
        JSON.stringify({ ...whole, data: { tally: 'planted'.repeat(BODY_BYTES / 4) } }),
      ];
      for (const value of unreadable) await customer.put(value);
      const elsewhere = [
        commands,
        dead,
        retries[0]?.name,
        'other.replies.shop',
        `${customer.prefix}.replies.`,
      ];
      for (const replyTo of elsewhere) await customer.put(JSON.stringify({ ...whole, replyTo }));
      await customer.put(JSON.stringify({ ...whole, command: 'planted', replyTo: dead }));
      await customer.put('e30.planted.e30.e30.e30', 'k', retries[0]?.name);
      const letters = await customer.died(unreadable.length + elsewhere.length + 2);
      const causes = letters.filter(({ from }) => from.topic === commands).map(({ cause }) => cause);
      assert.deepEqual(causes, [
        ...unreadable.map(() => 'unreadable'),
        ...elsewhere.map(() => 'reply_not_allowed'),
        'reply_not_allowed',
      ]);
      assert.deepEqual(
        letters.filter(({ from }) => from.topic !== commands).map(({ cause }) => cause),
        ['not_ours'],
      );
      for (const letter of letters.filter(({ cause }) => cause === 'unreadable')) {
        assert.equal(letter.command, undefined);
        assert.doesNotMatch(JSON.stringify(letter), /planted|4711/);
      }
      assert.deepEqual(letters.findLast(({ from }) => from.topic === commands)?.command, undefined);
      assert.ok(!customer.everything().includes(token), 'a token left the topic of commands');
      assert.equal(
        letters.find(({ command }) => command?.command === 'Add')?.command?.idempotencyKey,
        'planted-key',
      );
      assert.deepEqual(await platform.history('tally-planted'), []);
      // What can be read and does not fit is answered, whatever stands in it.
      const odd = [
        `"__proto__":{"by":"1"}`,
        `"tally":"\\ud800","by":"1"`,
        `"tally":"a","by":"1","__proto__":1`,
      ];
      for (const [at, data] of odd.entries())
        await customer.put(
          `{"command":"Add","data":{${data}},"idempotencyKey":"odd-${at}","token":"${token}","replyTo":"${replyTo}"}`,
        );
      for (const at of odd.keys()) assert.equal((await customer.reply(`odd-${at}`)).code, 'invalid');
    });

    it('keeps a decision whose reply finds no topic, and lets nobody wait for it', async (t) => {
      const customer = await BusCustomer.open(t, bus, freshName());
      const platform = givenTallies();
      await customer.takenBy(t, behind(platform));
      const token = await customer.token('ann');
      const nowhere = `${customer.prefix}.replies.nowhere`;
      await customer.send({ ...add('a', 1), idempotencyKey: 'lost', token, replyTo: nowhere }, 'one');
      await customer.send({ ...add('a', 2), idempotencyKey: 'heard', token }, 'two');
      await customer.send({ ...add('a', 3), idempotencyKey: 'silent', token, replyTo: undefined }, 'three');
      assert.equal((await customer.reply('heard')).outcome, 'accepted');
      const [letter] = await customer.died(1);
      assert.equal(letter?.cause, 'reply_undelivered');
      assert.match(letter.reason, new RegExp(nowhere));
      assert.deepEqual([letter.reply?.topic, letter.reply?.status], [nowhere, 200]);
      assert.equal(letter.reply?.body.commandId, 'lost');
      await until(async () => (await platform.history('tally-a')).length === 3, 'all are decided');
    });
  });
}
