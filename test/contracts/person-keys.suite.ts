import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { StoreError } from '#domain/kernel/ports/event-store.ts';
import {
  DESTROYED_EVERYWHERE_MS,
  KeyDestroyedError,
  type KeysByPerson,
  type PersonKey,
  type PersonKeys,
} from '#domain/kernel/ports/person-keys.ts';
import { steadyClock } from '#engines/clock/steady.ts';
import { type KeyRows, personKeys } from '#engines/person-keys/held.ts';
import { type MasterKey, masterKey } from '#engines/person-keys/key.ts';
import { systemRandomBytes } from '#engines/random.ts';
import { watched } from '#engines/standing.ts';
import { until } from '#test/support/until.ts';

const place = { stream: 'profile-ann', eventId: '0190-1', field: 'name' };
const bytes = systemRandomBytes;

const over = (rows: KeyRows, master: MasterKey): PersonKeys => {
  const clock = steadyClock();
  const engine = watched('keys:', () => clock.now());
  return personKeys({ rows, engine, master, clock, randomBytes: bytes });
};

/** What the rows of an engine have to do for whoever holds keys over them. @param open the same rows again, as another process has them */
export function personKeysSuite(engine: string, given: () => Promise<{ open(): KeyRows }>): void {
  describe(`keys of people: ${engine}`, () => {
    const opened: PersonKeys[] = [];
    after(() => Promise.all(opened.map((keys) => keys.close())));

    const master = masterKey(bytes(32));
    async function processes(count: number, by = master): Promise<readonly PersonKeys[]> {
      const rows = await given();
      const made = Array.from({ length: count }, () => over(rows.open(), by));
      opened.push(...made);
      return made;
    }
    const keyIn = (keys: KeysByPerson, person: string): PersonKey => {
      const key = keys.get(person);
      assert.ok(key !== undefined && key !== 'destroyed');
      return key;
    };

    it('are made once, whoever asks first, and open what they have sealed in the same place alone', async () => {
      const [one, other] = await processes(2);
      assert.ok(one && other);
      const [here, there] = await Promise.all([one.make(['ann', 'bob']), other.make(['bob', 'ann'])]);
      const sealed = keyIn(here, 'ann').seal(place, 'Ann Ångström');
      assert.equal(keyIn(there, 'ann').seal(place, 'Ann Ångström'), sealed, 'the same in every process');
      assert.equal(keyIn(there, 'ann').open(place, sealed), 'Ann Ångström');
      assert.equal(keyIn(there, 'bob').open(place, sealed), undefined);
      for (const other of [{ stream: 'profile-bob' }, { eventId: '0190-2' }, { field: 'city' }])
        assert.equal(keyIn(there, 'ann').open({ ...place, ...other }, sealed), undefined);
      const changed = `${sealed.slice(0, -2)}${sealed.endsWith('AA') ? 'BB' : 'AA'}`;
      assert.equal(keyIn(there, 'ann').open(place, changed), undefined);
      for (const broken of ['', 'A', 'not base64url!'])
        assert.equal(keyIn(there, 'ann').open(place, broken), undefined);
      assert.notEqual(keyIn(here, 'ann').seal({ ...place, eventId: '0190-3' }, 'Ann Ångström'), sealed);
      assert.notEqual(keyIn(here, 'ann').mac('x'), keyIn(here, 'bob').mac('x'));
    });

    it('are found only where they were made', async () => {
      const [keys] = await processes(1);
      assert.ok(keys);
      assert.deepEqual([...(await keys.find(['nobody'])).keys()], []);
      await keys.make(['ann']);
      assert.deepEqual([...(await keys.find(['nobody', 'ann'])).keys()], ['ann']);
      // At hand: without a word to the store.
      assert.ok(keys.find(['ann']) instanceof Map);
    });

    it('that are destroyed are gone from every process, for whoever holds one too, and are never made again', async () => {
      const [one, other, late] = await processes(3);
      assert.ok(one && other && late);
      const [here, there] = [keyIn(await one.make(['ann']), 'ann'), keyIn(await other.make(['ann']), 'ann')];
      const sealed = here.seal(place, 'Ann');
      await one.destroy('ann');
      await one.destroy('ann');
      await one.destroy('who never had one');
      assert.throws(() => here.seal(place, 'Ann'), KeyDestroyedError);
      assert.throws(() => here.mac('Ann'), KeyDestroyedError);
      assert.equal(here.open(place, sealed), undefined);
      const began = performance.now();
      await until(() => there.open(place, sealed) === undefined, 'the other process loses it');
      assert.ok(performance.now() - began < 4 * DESTROYED_EVERYWHERE_MS, 'it is heard of, and not asked for');
      for (const keys of [one, other, late])
        for (const asked of [await keys.make(['ann', 'who never had one']), await keys.find(['ann'])])
          assert.deepEqual(new Set(asked.values()), new Set(['destroyed']));
    });

    it('that are destroyed are told in pages, in the order in which they were', async () => {
      const [one, other] = await processes(2);
      assert.ok(one && other);
      assert.deepEqual(await one.destroyed(0, 2), { people: [], through: 0 });
      await one.make(['ann', 'bob', 'cyd', 'dan']);
      for (const person of ['cyd', 'ann', 'cyd', 'who never had one']) await one.destroy(person);
      const first = await other.destroyed(0, 2);
      assert.deepEqual(first.people, ['cyd', 'ann']);
      const second = await other.destroyed(first.through, 2);
      assert.deepEqual(second.people, ['who never had one']);
      assert.deepEqual(await other.destroyed(second.through, 2), { ...second, people: [] });
    });

    it('are asked for by many at once, and each gets theirs', async () => {
      const [keys] = await processes(1);
      assert.ok(keys);
      const people = Array.from({ length: 1_200 }, (_, at) => `person-${at}`);
      const made = await Promise.all(people.map(async (person) => keyIn(await keys.make([person]), person)));
      assert.deepEqual(
        made.map(({ person }) => person),
        people,
      );
      assert.equal(new Set(made.map((key) => key.mac('x'))).size, people.length);
    });

    it('are not handed out before it is known what is destroyed, and so are lost within seconds whatever failed', async () => {
      const rows = await given();
      const [here, flaky] = [over(rows.open(), master), rows.open()];
      opened.push(here);
      const sealed = keyIn(await here.make(['ann']), 'ann').seal(place, 'Ann');
      let fails = 1;
      const destroyedSince: KeyRows['destroyedSince'] = async (count) => {
        if (fails-- > 0) throw new StoreError('unavailable', 'for a moment');
        return flaky.destroyedSince(count);
      };
      const there = over({ ...flaky, destroyedSince }, master);
      opened.push(there);
      const none = { code: 'unavailable', message: 'for a moment' };
      await assert.rejects(async () => there.find(['ann']), none);
      assert.equal(keyIn(await there.find(['ann']), 'ann').open(place, sealed), 'Ann');
      await here.destroy('ann');
      const gone = async () => (await there.find(['ann'])).get('ann') === 'destroyed';
      await until(gone, 'the other process loses it');
    });

    it('that are damaged are refused to whoever asks for them, and nobody else, and are not destroyed', async () => {
      const told: string[] = [];
      const rows = (await given()).open();
      await rows.keep(new Map([['bad', bytes(60)]]));
      const clock = steadyClock();
      const engine = watched('keys:', () => clock.now());
      const keys = personKeys({
        ...{
          rows,
          engine,
          master,
          clock,
          randomBytes: bytes,
          damaged: (person: string) => told.push(person),
        },
      });
      opened.push(keys);
      // The first is asked alone, and the others share the next question.
      const first = keys.find(['nobody']);
      const asked = [keys.find(['bad']), keys.make(['ann']), keys.make(['bad', 'bob']), keys.find(['ann'])];
      const [alone, ann, both, found] = await Promise.allSettled(asked);
      await first;
      for (const one of [alone, both]) {
        assert.equal(one?.status, 'rejected');
        assert.ok(one.reason instanceof StoreError && one.reason.code === 'unreadable');
        assert.match(one.reason.message, /the key of bad is damaged/);
      }
      for (const one of [ann, found]) {
        assert.equal(one?.status, 'fulfilled');
        keyIn(one.value, 'ann');
      }
      assert.deepEqual(told, ['bad'], 'once');
      assert.equal(keys.standing().state, 'up', 'the store works');
      assert.equal(keyIn(await keys.make(['bob']), 'bob').person, 'bob');
    });

    it('under another master key are refused, and nothing is made over them', async () => {
      const rows = await given();
      const [mine, theirs] = [master, masterKey(bytes(32))].map((by) => {
        const keys = over(rows.open(), by);
        opened.push(keys);
        return keys;
      });
      assert.ok(mine && theirs);
      const fingerprint = keyIn(await mine.make(['ann']), 'ann').mac('x');
      await assert.rejects(async () => theirs.make(['ann']), /master key/);
      assert.equal(keyIn(await mine.find(['ann']), 'ann').mac('x'), fingerprint);
      assert.notEqual(mine.nameOf('login', 'ann'), theirs.nameOf('login', 'ann'));
      assert.notEqual(mine.nameOf('login', 'ann'), mine.nameOf('address', 'ann'));
    });
  });
}
