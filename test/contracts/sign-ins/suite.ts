import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { REPEATED_WITHIN_MS, type SignInRow, type SignInStore } from '#domain/kernel/ports/sign-in-store.ts';

const NOW = 1_000_000;
const row = (id: string, more: Partial<SignInRow> = {}): SignInRow => ({
  ...{ kind: 'refresh', id, grant: 'g1', session: 's1', person: 'p1', alias: undefined },
  ...{ sealed: `sealed ${id}`, endsAtMs: NOW + 1_000 },
  ...more,
});
const of = (id: string) => ({ kind: 'refresh', id });

/** What a store of sign-ins has to do. @param given the same rows again, as the next process has them; room for ten of a kind, of which two make room */
export function signInStoreSuite(
  engine: string,
  given: () => Promise<{ open(process: string): SignInStore }>,
) {
  describe(`sign-ins: ${engine}`, () => {
    const opened: SignInStore[] = [];
    after(() => Promise.all(opened.map((store) => store.close())));
    async function processes(...names: string[]): Promise<readonly SignInStore[]> {
      const rows = await given();
      const stores = names.map((name) => rows.open(name));
      opened.push(...stores);
      return stores;
    }
    async function one(): Promise<SignInStore> {
      const [store = assert.fail()] = await processes('one');
      return store;
    }
    const ids = async (store: SignInStore, ...names: string[]) => {
      const found = await Promise.all(names.map((name) => store.find('refresh', name, NOW)));
      return names.filter((_, at) => found[at] !== undefined);
    };
    const rotating = (from: string, to: string) => ({ spend: of(from), put: [row(to)] });

    it('keeps what it was told, by its name and by its other one, and the last word counts', async () => {
      const store = await one();
      await store.take({ put: [row('a', { alias: 'uid' })] }, NOW);
      await store.take({ put: [row('a', { alias: 'uid', sealed: 'other' })] }, NOW);
      assert.deepEqual(await store.find('refresh', 'a', NOW), {
        ...row('a', { alias: 'uid', sealed: 'other' }),
        isSpent: false,
      });
      assert.equal((await store.findByAlias('refresh', 'uid', NOW))?.id, 'a');
      assert.equal(await store.findByAlias('session', 'uid', NOW), undefined);
      assert.equal(await store.find('session', 'a', NOW), undefined);
    });

    it('lets one of ten that use the same at once, and destroys what came of it', async () => {
      const store = await one();
      await store.take({ put: [row('a')] }, NOW);
      await store.take({ put: [row('other', { grant: 'g2' })] }, NOW);
      const takers = Array.from({ length: 10 }, (_, number) => store.take(rotating('a', `b${number}`), NOW));
      const outcomes = await Promise.all(takers);
      assert.equal(outcomes.filter((outcome) => outcome === 'taken').length, 1);
      const successors = Array.from({ length: 10 }, (_, number) => `b${number}`);
      assert.deepEqual(await ids(store, 'a', 'other', ...successors), ['other']);
    });

    it('tells what was used from what was not, and never forgets it for another word', async () => {
      const store = await one();
      await store.take({ put: [row('a')] }, NOW);
      assert.equal(await store.take({ spend: of('a'), put: [] }, NOW), 'taken');
      await store.take({ put: [row('a', { sealed: 'again' })] }, NOW);
      assert.equal((await store.find('refresh', 'a', NOW))?.isSpent, true);
      assert.equal(await store.take({ spend: of('nobody'), put: [row('b')] }, NOW), 'spent');
      assert.deepEqual(await ids(store, 'b'), []);
    });

    it('lets the next process use once more what the last one has taken without an answer, once', async () => {
      const [first, second, third] = await processes('first', 'second', 'third');
      assert.ok(first && second && third);
      await first.take({ put: [row('a')] }, NOW);
      await first.take(rotating('a', 'b'), NOW);
      assert.equal((await first.find('refresh', 'a', NOW))?.isSpent, true, 'the same process still runs');
      assert.equal((await second.find('refresh', 'a', NOW))?.isSpent, false);
      assert.equal(await second.take(rotating('a', 'c'), NOW + REPEATED_WITHIN_MS), 'taken');
      assert.deepEqual(await ids(second, 'a', 'b', 'c'), ['a', 'c'], 'what nobody got is gone');
      assert.equal(await third.take(rotating('a', 'd'), NOW + REPEATED_WITHIN_MS), 'spent');
      assert.deepEqual(await ids(third, 'a', 'c', 'd'), []);
    });

    for (const [why, between, atMs] of [
      ['its answer was out', (store: SignInStore) => store.answered(of('a')), NOW],
      ['its successor was used', (store: SignInStore) => store.take(rotating('b', 'c'), NOW), NOW],
      ['its successor is gone', (store: SignInStore) => store.destroy('refresh', 'b'), NOW],
      ['a minute is over', async () => undefined, NOW + REPEATED_WITHIN_MS + 1],
    ] as const)
      it(`lets nobody use once more what was used: ${why}`, async () => {
        const [first, second] = await processes('first', 'second');
        assert.ok(first && second);
        await first.take({ put: [row('a')] }, NOW);
        await first.take(rotating('a', 'b'), NOW);
        await between(first);
        assert.equal((await second.find('refresh', 'a', atMs))?.isSpent, true);
        assert.equal(await second.take(rotating('a', 'd'), atMs), 'spent');
        assert.deepEqual(await ids(second, 'a', 'b', 'c', 'd'), []);
      });

    it('destroys one, and all of a grant, of a session and of a person', async () => {
      const store = await one();
      const rows = [
        row('a'),
        row('b', { grant: 'g2' }),
        row('c', { grant: 'g3', session: 's2' }),
        row('d', { grant: undefined, session: undefined, person: 'p2' }),
        row('f', { kind: 'grant', grant: undefined, session: undefined, person: 'p1' }),
        row('e', { grant: undefined, session: undefined, person: undefined }),
      ];
      await store.take({ put: rows }, NOW);
      const left = () => ids(store, 'a', 'b', 'c', 'd', 'e');
      await store.destroyAll({ grant: 'g1' });
      assert.deepEqual(await left(), ['b', 'c', 'd', 'e']);
      await store.destroyAll({ session: 's1' });
      assert.deepEqual(await left(), ['c', 'd', 'e']);
      await store.destroyAll({ person: 'p1', kind: 'grant' });
      assert.equal(await store.find('grant', 'f', NOW), undefined);
      assert.deepEqual(await left(), ['c', 'd', 'e']);
      await store.destroyAll({ person: 'p1', kind: 'refresh' });
      assert.deepEqual(await left(), ['d', 'e']);
      await store.destroy('refresh', 'd');
      assert.deepEqual(await left(), ['e']);
    });

    it('forgets what has ended, and has room for so many of a kind: those that end soonest go', async () => {
      const store = await one();
      const ending = (number: number) => row(`r${number}`, { endsAtMs: NOW + number });
      for (let number = 1; number <= 12; number += 1) await store.take({ put: [ending(number)] }, NOW);
      await store.take({ put: [row('r1', { kind: 'code' })] }, NOW);
      assert.deepEqual(await ids(store, 'r1', 'r2', 'r3', 'r12'), ['r3', 'r12']);
      assert.equal(await store.sweep(NOW + 4), 2);
      assert.deepEqual(await ids(store, 'r4', 'r5'), ['r5']);
      assert.ok(await store.find('code', 'r1', NOW));
    });

    it('says how it is doing', async () => {
      const store = await one();
      await store.sweep(NOW);
      assert.equal(store.standing().state, 'up');
    });
  });
}
