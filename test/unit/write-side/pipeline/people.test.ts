import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { temporaryPersonKeys } from '#compose/person-keys.ts';
import { memoryStores } from '#compose/stores.ts';
import { systemActor } from '#domain/kernel/actor.ts';
import { hashOf } from '#domain/kernel/canonical.ts';
import type { StoredEvent } from '#domain/kernel/envelope.ts';
import { addressIn, opened, peopleOf, personOf, Sealed } from '#domain/kernel/personal.ts';
import { StoreError } from '#domain/kernel/ports/event-store.ts';
import { diaries, diaryDeciders, Note, Noted } from '#test/support/diary.ts';
import { givenPlatform, someone } from '#test/support/platform.ts';

const ann = someone('ann', 'bidder');
const bob = someone('bob', 'bidder');
const from = { origin: { channel: 'http', address: '203.0.113.77' } } as const;

function given(more: Partial<Parameters<typeof givenPlatform>[0]> = {}) {
  const personKeys = temporaryPersonKeys();
  const platform = givenPlatform({ contexts: [diaries], deciders: diaryDeciders, personKeys, ...more });
  const data = { diary: 'd', about: 'bob', text: 'Bob Ångström owes me', mood: 'angry' };
  const note = (commandId: string, more: object = {}) =>
    platform.pipeline.dispatch({
      command: Note.type,
      data: { ...data, ...more },
      commandId,
      actor: ann,
      ...from,
    });
  const codeOf = async (reply: ReturnType<typeof note>) => {
    const told = await reply;
    return told.outcome === 'rejected' ? told.rejection.code : told.outcome;
  };
  const stored = async (): Promise<StoredEvent> =>
    (await platform.history('diary-d')).at(-1) ?? assert.fail();
  return { ...platform, personKeys, data, note, codeOf, stored };
}

describe('what is about people', () => {
  it('is stored sealed by the key of whom it is about, in its place alone, and nothing of it in plain', async () => {
    const { note, codeOf, stored, registry, personKeys } = given();
    assert.equal(await codeOf(note('c1')), 'accepted');
    const event = await stored();
    const text = JSON.stringify(event, (_, value) => (typeof value === 'bigint' ? String(value) : value));
    for (const plain of ['Ångström', 'owes', 'angry', '203.0.113']) assert.ok(!text.includes(plain), plain);
    const read = registry.decode(event);
    const keys = await personKeys.find(['ann', 'bob']);
    const { text: sealed, mood } = read.data as { text: Sealed; mood: Sealed };
    assert.deepEqual([personOf(sealed as never), personOf(mood as never)], ['bob', 'ann']);
    assert.deepEqual([opened(sealed, keys), opened(mood, keys)], ['Bob Ångström owes me', 'angry']);
    assert.equal(addressIn(read, keys), '203.0.113.77');
    assert.deepEqual(peopleOf(Noted, read), ['bob', 'ann']);
    assert.equal(opened({ ...sealed, field: 'mood' }, keys), undefined, 'it opens in its own place alone');
    assert.equal(opened({ ...sealed, of: 'ann' }, keys), undefined);
    assert.equal(opened('Bob Ångström', keys), undefined, 'what is not sealed is not shown');
  });

  it('gives a payload that nobody works out without the keys, by which a repeat is known as ever', async () => {
    const { note, codeOf, stored, data } = given();
    await note('c1');
    const event = await stored();
    assert.notEqual(event.metadata.payload, hashOf({ command: Note.type, data }));
    assert.equal(await codeOf(note('c1')), 'accepted');
    assert.equal((await stored()).revision, 0, 'it is the same command');
    assert.equal(await codeOf(note('c1', { text: 'Bob owes nobody' })), 'idempotency_mismatch');
  });

  it('is folded as it will be read again: a decision sees what is sealed', async () => {
    const { note, registry, stored } = given();
    const reply = await note('c1');
    assert.ok(reply.outcome === 'accepted');
    assert.deepEqual(reply.events[0]?.data, registry.decode(await stored()).data);
    const [event] = reply.events as readonly { data: { text: unknown } }[];
    assert.ok(Sealed.safeParse(event?.data.text).success);
  });

  it('is not taken any more of whoever was erased, nor read; others are not touched', async () => {
    const { note, codeOf, stored, registry, personKeys } = given();
    await note('c1');
    await personKeys.destroy('bob');
    const read = registry.decode(await stored());
    const { text, mood } = read.data as { text: Sealed; mood: Sealed };
    const keys = await personKeys.find(['ann', 'bob']);
    assert.deepEqual([opened(text, keys), opened(mood, keys)], [undefined, 'angry']);
    assert.equal(await codeOf(note('c2')), 'erased');
    assert.equal(await codeOf(note('c3', { about: 'carl' })), 'accepted');
    await personKeys.destroy('ann');
    assert.equal(await codeOf(note('c4', { about: 'carl' })), 'erased', 'her mood is hers');
    const mute = await note('c5', { about: 'carl', mood: undefined });
    assert.ok(mute.outcome === 'accepted');
    assert.equal(mute.events[0]?.metadata.origin.address, undefined, 'from where she asks is not recorded');
  });

  it('seals an address by the key of whose it is, also where the system asks for them; a provider’s is nobody’s', async () => {
    const { pipeline, data, stored, registry, personKeys } = given();
    const actor = { ...systemActor('reader'), roles: ['system', 'bidder'] as const };
    const sent = { command: Note.type, data: { ...data, mood: undefined }, ...from };
    await pipeline.dispatch({
      ...sent,
      commandId: 'c1',
      actor: { ...actor, roles: [...actor.roles] },
      onBehalfOf: 'ivy',
    });
    const event = registry.decode(await stored());
    assert.match(event.metadata.origin.address ?? '', /^sealed\./);
    assert.ok(peopleOf(Noted, event).includes('ivy'));
    const keys = await personKeys.find(['ivy']);
    assert.equal(addressIn(event, keys), '203.0.113.77');
    await pipeline.dispatch({ ...sent, commandId: 'c2', actor: { ...actor, roles: [...actor.roles] } });
    assert.equal(addressIn(registry.decode(await stored()), new Map()), '203.0.113.77');
  });

  it('waits for the keys: without them nothing is recorded, and it is said that it may work later', async () => {
    const personKeys = {
      make: () => Promise.reject(new StoreError('unavailable', 'the keys of people cannot be used')),
    };
    const { note, codeOf, history } = given({ personKeys, store: memoryStores().store });
    assert.equal(await codeOf(note('c1')), 'unavailable');
    assert.equal((await history('diary-d')).length, 0);
  });

  it('shows itself to nobody by chance', () => {
    const { text } = Note.schema.decode({ diary: 'd', about: 'bob', text: 'Bob owes me' }) as {
      text: object;
    };
    assert.equal(inspect({ text }), '{ text: [personal] }');
    assert.throws(() => JSON.stringify({ text }), /not sealed/);
    assert.throws(() => Noted.schema.encode({ author: 'ann', about: 'bob', text, pages: 1 } as never));
  });

  it('is asked of nobody that is not about anybody', async () => {
    const asked: string[] = [];
    const counting = {
      make(people: readonly string[]) {
        asked.push(...people);
        return new Map();
      },
    };
    const { pipeline } = given({ personKeys: counting });
    const data = { diary: 'd', about: 'bob', text: 'x' };
    await pipeline.dispatch({
      command: Note.type,
      data: { ...data, text: '' },
      commandId: 'c1',
      actor: bob,
      ...from,
    });
    assert.deepEqual(asked, [], 'what is refused asks for no keys');
  });
});
