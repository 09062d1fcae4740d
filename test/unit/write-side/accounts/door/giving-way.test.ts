import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStores } from '#compose/stores.ts';
import { whileFollowing } from '#test/support/accounts.ts';
import { codeOf, givenDoor, granted, PASSWORD, visitor } from '#test/support/door.ts';
import { someone } from '#test/support/platform.ts';
import { until } from '#test/support/until.ts';
import { openDoor } from '#write-side/accounts/door/opened.ts';

// Somebody whose address is proven wants another one, which a stranger has registered.

const wanted = 'ann@work.example';
const theirs = 'a password of a stranger';

/** Ann, who has followed the link to the address so far that she has its token; and the stranger. */
async function given(options: Parameters<typeof givenDoor>[0] = {}) {
  const at = givenDoor(options);
  const { door, registered, holderOf, linkOf } = at;
  const ann = await registered();
  assert.equal(await door.register({ email: wanted, password: theirs }, visitor), undefined);
  const stranger = (await holderOf(wanted)) ?? assert.fail('nobody has registered');
  const verify = await linkOf('verify', 'AccountRegistered');
  await door.askReset(wanted, visitor);
  const ofStranger = { verify, reset: await linkOf('reset', 'PasswordResetAsked') };
  await door.askEmailChange(ann, { email: wanted, password: PASSWORD }, visitor);
  const link = { token: await linkOf('email', 'EmailChangeAsked'), password: PASSWORD };
  return { ...at, ann, stranger, ofStranger, link };
}

test('whoever has proven an address has it, whoever has registered it before; and nothing of that one is left', async () => {
  const { door, ann, stranger, ofStranger, link, known, holderOf, tell, clock, last, stored } = await given();
  const times = { provenAt: clock.now(), expiresAt: '2100-01-01T00:00:00.000Z' };
  await tell('OpenSession', { person: stranger, session: 's1', client: 'web', ...times });
  assert.equal(codeOf(await door.changeEmail({ ...link, password: theirs }, visitor)), 'invalid_credentials');
  assert.equal(await holderOf(wanted), stranger);
  assert.equal(await door.changeEmail(link, visitor), undefined);
  assert.equal(await door.changeEmail(link, visitor), undefined, 'whoever follows it twice is told the same');
  assert.deepEqual([await holderOf(wanted), (await known.account(ann))?.email], [ann, wanted]);
  assert.equal((await last('PersonErased')).metadata.onBehalfOf, ann);
  assert.deepEqual(await known.sessions(stranger), []);
  assert.equal(
    codeOf(await door.recognise({ email: wanted, password: theirs }, visitor)),
    'invalid_credentials',
  );
  assert.equal(granted(await door.recognise({ email: wanted, password: PASSWORD }, visitor)).person, ann);
  const { verify: token, reset } = ofStranger;
  assert.equal(codeOf(await door.verifyEmail({ token, password: theirs }, visitor)), 'link_void');
  assert.equal(codeOf(await door.reset({ token: reset, password: theirs }, visitor)), 'link_void');

  let text = '';
  for await (const piece of granted(await door.exportOf(ann))) text += piece;
  assert.match(text, /LoginClaimed/);
  assert.ok(!text.includes(stranger), 'who had the login before is nothing of theirs');
  const types = (await stored()).filter(({ data }) => 'passedTo' in data).map(({ type }) => type);
  assert.deepEqual(types, ['PersonErased'], 'once');
});

test('an address that somebody has proven stays theirs, and so does one that has money', async () => {
  for (const proven of [true, false]) {
    const { door, stranger, link, tell, known, stored } = await given();
    if (proven) await tell('VerifyEmail', { person: stranger });
    else {
      await tell('OpenWallet', { currency: 'TND' }, someone(stranger, 'bidder'));
      const money = { currency: 'TND', amount: '5', movement: 'm1', reason: 'transfer' };
      await tell('CreditWallet', { ...money, person: stranger });
    }
    const before = (await stored()).length;
    const refusal = await door.changeEmail(link, visitor);
    assert.equal(codeOf(refusal), 'login_in_use', 'and no more is told of it');
    assert.equal((await stored()).length, before);
    assert.equal((await known.account(stranger))?.phase, 'active');
  }
});

test('whoever gets no answer because the process was killed follows the link again', async () => {
  const first = await given();
  const { store, personKeys, clock, link, ann, stranger, holderOf } = first;
  const second = givenDoor({ reactions: [], store, personKeys, clock, seed: 2 });
  for (const _ of ['once', 'twice'])
    assert.equal(codeOf(await second.door.changeEmail(link, visitor)), 'unavailable', 'it is under way');
  assert.equal(await holderOf(wanted), stranger);
  const { consumers } = memoryStores().readStore;
  const { dispatch } = second.pipeline;
  await whileFollowing(second, { consumers, personKeys, dispatch }, () =>
    until(async () => (await first.known.account(ann))?.email === wanted, 'the address is theirs'),
  );
  assert.equal(await second.door.changeEmail(link, visitor), undefined);
});

test('a link of a stranger that is followed while the address is passed on holds no more', async () => {
  for (const by of ['verify', 'reset'] as const) {
    const { door, ofStranger, link, parts, known, ann } = await given();
    const passOn = async () => assert.equal(await door.changeEmail(link, visitor), undefined);
    const meanwhile = openDoor({
      ...parts,
      throttle: {
        ...parts.throttle,
        async attempt(who, check) {
          const right = await parts.throttle.attempt(who, check);
          await passOn();
          return right;
        },
      },
      passwords: {
        ...parts.passwords,
        async verifier(password) {
          await passOn();
          return parts.passwords.verifier(password);
        },
      },
    });
    const late = { token: ofStranger[by], password: theirs };
    const told =
      by === 'verify' ? await meanwhile.verifyEmail(late, visitor) : await meanwhile.reset(late, visitor);
    assert.equal(codeOf(told), 'link_void', by);
    assert.equal((await known.account(ann))?.email, wanted);
  }
});
