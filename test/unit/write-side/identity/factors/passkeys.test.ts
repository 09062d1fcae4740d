import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authenticator, type Ceremony } from '#test/support/authenticator.ts';
import { seededBytes } from '#test/support/seeded.ts';
import { challengeLimits, challenges } from '#write-side/identity/factors/challenges.ts';
import {
  isPasskeyRefusal,
  MOST_PASSKEYS,
  type Passkey,
  type PasskeyRefusal,
} from '#write-side/identity/factors/passkey.ts';
import { passkeyAuthentication } from '#write-side/identity/factors/passkey-authentication.ts';
import { passkeyRegistration } from '#write-side/identity/factors/passkey-registration.ts';

const NOW = Date.UTC(2026, 2, 1);
const ORIGIN = 'https://annals.example';
const RP_ID = 'annals.example';
const ann = { id: '0195a3f0-0000-7000-8000-00000000000a', login: 'ann@example.org', name: 'Ann' };
const bob = { id: '0195a3f0-0000-7000-8000-00000000000b', login: 'bob@example.org', name: 'Bob' };

type Change = Partial<Ceremony>;
const kept = (outcome: Passkey | PasskeyRefusal): Passkey => {
  assert.ok(!isPasskeyRefusal(outcome), JSON.stringify(outcome));
  return outcome;
};
const refusedAs = (outcome: Passkey | PasskeyRefusal): string =>
  isPasskeyRefusal(outcome) ? `${outcome.refused}${outcome.reason ? `: ${outcome.reason}` : ''}` : 'taken';

/** The platform and one authenticator, with what a browser does between them. */
function given() {
  const settings = { rpId: RP_ID, rpName: 'Annals', origins: [ORIGIN] };
  const party = { settings, challenges: challenges(seededBytes(1)) };
  const of = { ...passkeyRegistration(party), ...passkeyAuthentication(party) };
  const device = authenticator();
  const said = (challenge: string, change: Change): Ceremony => ({
    challenge,
    origin: ORIGIN,
    rpId: RP_ID,
    ...change,
  });
  return {
    of,
    device,
    async made(known: readonly Passkey[] = [], change: Change = {}) {
      const { challenge } = await of.registration(ann, known, NOW);
      return device.create(said(challenge, change));
    },
    async proved(known: readonly Passkey[], change: Change = {}, purpose: 'signIn' | 'stepUp' = 'signIn') {
      const { challenge } = await of.authentication(ann.id, purpose, known, NOW);
      return device.get(said(challenge, change));
    },
  };
}

/** With a passkey that Ann has. */
async function registered(saying: Change = {}) {
  const all = given();
  const passkey = kept(await all.of.registered(ann.id, [], await all.made([], saying), NOW));
  return { ...all, passkey };
}

test('a passkey is made and proven', async () => {
  const { of, device, proved, passkey } = await registered();
  assert.equal(passkey.id, device.id);
  assert.equal(passkey.signCount, 1);
  assert.deepEqual(passkey.transports, ['internal', 'hybrid']);
  assert.equal(passkey.synced, false);
  const again = kept(await of.authenticated(ann.id, 'signIn', [passkey], await proved([passkey]), NOW));
  assert.deepEqual(again, { ...passkey, signCount: 2 });
});

for (const userHandle of ['', undefined, ann.id])
  test(`a passkey is proven that names its person ${JSON.stringify(userHandle)}`, async () => {
    const { of, proved, passkey } = await registered();
    const answer = await proved([passkey], userHandle === undefined ? {} : { userHandle });
    assert.equal(refusedAs(await of.authenticated(ann.id, 'signIn', [passkey], answer, NOW)), 'taken');
  });

test('a browser is told all it needs, and nothing of the person that is not theirs to see', async () => {
  const { of, passkey } = await registered();
  const asked = await of.registration(ann, [passkey], NOW);
  assert.deepEqual(asked.rp, { name: 'Annals', id: RP_ID });
  assert.equal(Buffer.from(asked.user.id, 'base64url').toString(), ann.id);
  assert.deepEqual(
    asked.excludeCredentials?.map(({ id }) => id),
    [passkey.id],
  );
  assert.equal(asked.attestation, 'none');
  assert.deepEqual(
    asked.pubKeyCredParams.map(({ alg }) => alg),
    [-7, -8, -257],
  );
  const stepUp = await of.authentication(ann.id, 'stepUp', [passkey], NOW);
  assert.equal(stepUp.userVerification, 'preferred');
  assert.deepEqual(
    stepUp.allowCredentials?.map(({ id }) => id),
    [passkey.id],
  );
  assert.equal(stepUp.rpId, RP_ID);
  assert.notEqual(stepUp.challenge, (await of.authentication(ann.id, 'stepUp', [passkey], NOW)).challenge);
});

const forged: readonly (readonly [what: string, change: Change, refused: RegExp])[] = [
  ['on the page of another', { origin: 'https://annals.example.evil' }, /^proof: .*origin/],
  ['on ours, but without TLS', { origin: 'http://annals.example' }, /^proof: .*origin/],
  ['on another port', { origin: `${ORIGIN}:8443` }, /^proof: .*origin/],
  ['for another domain', { rpId: 'evil.example' }, /^proof: .*RP ?ID/i],
  ['in a frame of another page', { crossOrigin: true }, /^frame/],
  ['in a frame that says whose', { crossOrigin: true, topOrigin: 'https://evil.example' }, /^frame/],
  ['in a frame that says whose, and denies it', { topOrigin: 'https://evil.example' }, /^frame/],
  ['of the other ceremony', { type: 'payment.get' }, /^proof: .*type/],
  ['while nobody is there', { userPresent: false }, /^proof: .*present/i],
  ['of a challenge of their own', { challenge: 'A'.repeat(51) }, /^challenge/],
  ['of no challenge', { challenge: '' }, /^form/],
];
for (const [what, change, refused] of forged) {
  test(`a passkey proven ${what} is refused`, async () => {
    const { of, proved, passkey } = await registered();
    const answer = await proved([passkey], change);
    assert.match(refusedAs(await of.authenticated(ann.id, 'signIn', [passkey], answer, NOW)), refused);
  });
  test(`a passkey made ${what} is refused`, async () => {
    const { of, made } = given();
    assert.match(refusedAs(await of.registered(ann.id, [], await made([], change), NOW)), refused);
  });
}

test('an answer is taken once, and a refused one has used its challenge up too', async () => {
  const { of, proved, passkey } = await registered();
  const answer = await proved([passkey]);
  kept(await of.authenticated(ann.id, 'signIn', [passkey], answer, NOW));
  assert.equal(refusedAs(await of.authenticated(ann.id, 'signIn', [passkey], answer, NOW)), 'challenge');
  const wrong = await proved([passkey]);
  const spoilt = { ...wrong, response: { ...wrong.response, signature: answer.response.signature } };
  assert.match(refusedAs(await of.authenticated(ann.id, 'signIn', [passkey], spoilt, NOW)), /^proof/);
  assert.equal(refusedAs(await of.authenticated(ann.id, 'signIn', [passkey], wrong, NOW)), 'challenge');
});

test('of many at a time one is taken', async () => {
  const { of, proved, passkey } = await registered();
  const answer = await proved([passkey]);
  const outcomes = await Promise.all(
    Array.from({ length: 10 }, () => of.authenticated(ann.id, 'signIn', [passkey], answer, NOW)),
  );
  assert.equal(outcomes.filter((outcome) => !isPasskeyRefusal(outcome)).length, 1);
});

test('an answer comes in time, for its purpose and its person', async () => {
  const { of, proved, made, passkey } = await registered();
  const answer = await proved([passkey]);
  const known = [passkey];
  const late = NOW + challengeLimits.lastsMs;
  assert.equal(refusedAs(await of.authenticated(ann.id, 'signIn', known, answer, late)), 'challenge');
  assert.equal(refusedAs(await of.authenticated(ann.id, 'stepUp', known, answer, NOW)), 'challenge');
  assert.equal(refusedAs(await of.authenticated(bob.id, 'signIn', known, answer, NOW)), 'challenge');
  assert.equal(refusedAs(await of.authenticated(ann.id, 'signIn', known, answer, NOW)), 'taken');
  assert.equal(refusedAs(await of.registered(bob.id, [], await made(), NOW)), 'challenge');
});

test('a passkey of somebody else is none, though it is a good one', async () => {
  const { of, passkey } = await registered();
  const theirs = given();
  const bobs = kept(await theirs.of.registered(ann.id, [], await theirs.made(), NOW));
  const { challenge } = await of.authentication(ann.id, 'signIn', [passkey], NOW);
  const answer = theirs.device.get({ challenge, origin: ORIGIN, rpId: RP_ID });
  assert.equal(refusedAs(await of.authenticated(ann.id, 'signIn', [passkey], answer, NOW)), 'passkey');
  // Under the name of Ann's it is signed by a key that is not hers.
  const again = await of.authentication(ann.id, 'signIn', [passkey], NOW);
  const renamed = {
    ...theirs.device.get({ challenge: again.challenge, origin: ORIGIN, rpId: RP_ID }),
    id: passkey.id,
    rawId: passkey.id,
  };
  assert.notEqual(bobs.id, passkey.id);
  assert.match(
    refusedAs(await of.authenticated(ann.id, 'signIn', [passkey], renamed, NOW)),
    /^proof: the signature/,
  );
});

test('an authenticator that keeps it for another person is not believed', async () => {
  const { of, proved, passkey } = await registered();
  const known = [passkey];
  const other = await proved(known, { userHandle: bob.id });
  assert.equal(refusedAs(await of.authenticated(ann.id, 'signIn', known, other, NOW)), 'person');
  const own = await proved(known, { userHandle: ann.id });
  assert.equal(refusedAs(await of.authenticated(ann.id, 'signIn', known, own, NOW)), 'taken');
});

test('a count that does not grow is that of a copy', async () => {
  const { of, proved, passkey } = await registered();
  const used = [{ ...passkey, signCount: 10 }];
  for (const signCount of [0, 9, 10])
    assert.match(
      refusedAs(await of.authenticated(ann.id, 'signIn', used, await proved(used, { signCount }), NOW)),
      /^proof: .*counter/i,
    );
  const next = await of.authenticated(ann.id, 'signIn', used, await proved(used, { signCount: 11 }), NOW);
  assert.equal(kept(next).signCount, 11);
  const uncounted = [{ ...passkey, signCount: 0 }];
  const without = await proved(uncounted, { signCount: 0 });
  assert.equal(
    refusedAs(await of.authenticated(ann.id, 'signIn', uncounted, without, NOW)),
    'taken',
    'synced ones do not count',
  );
});

test('a key that cannot ask who holds it is a second factor at a sign-in and at a step-up alike, for what it was asked', async () => {
  const { of, proved, passkey } = await registered({ userVerified: false });
  const known = [passkey];
  for (const purpose of ['signIn', 'stepUp'] as const) {
    const { userVerification } = await of.authentication(ann.id, purpose, known, NOW);
    assert.equal(userVerification, 'preferred', 'whoever can is asked');
    for (const userVerified of [false, true]) {
      const answer = await proved(known, { userVerified }, purpose);
      assert.equal(refusedAs(await of.authenticated(ann.id, purpose, known, answer, NOW)), 'taken');
    }
    const absent = await proved(known, { userPresent: false }, purpose);
    assert.match(
      refusedAs(await of.authenticated(ann.id, purpose, known, absent, NOW)),
      /^proof: .*present/i,
    );
  }
  const signIn = await proved(known, {});
  assert.equal(refusedAs(await of.authenticated(ann.id, 'stepUp', known, signIn, NOW)), 'challenge');
});

test('a changed byte of what was signed breaks it', async () => {
  const { of, proved, passkey } = await registered();
  const answer = await proved([passkey]);
  const data = Buffer.from(answer.response.authenticatorData, 'base64url');
  data.writeUInt32BE(1_000, 33);
  const raised = {
    ...answer,
    response: { ...answer.response, authenticatorData: data.toString('base64url') },
  };
  assert.match(
    refusedAs(await of.authenticated(ann.id, 'signIn', [passkey], raised, NOW)),
    /^proof: the signature/,
  );
});

test('what brings an attestation with certificates is not looked into', async () => {
  const certificates = new Map<string, Uint8Array | readonly Uint8Array[]>([
    ['x5c', [new Uint8Array(64)]],
    ['sig', new Uint8Array(8)],
  ]);
  for (const format of ['packed', 'apple', 'android-key', 'android-safetynet', 'fido-u2f', 'tpm']) {
    const { of, made } = given();
    const answer = await made([], { attestation: { format, statement: certificates } });
    assert.match(
      refusedAs(await of.registered(ann.id, [], answer, NOW)),
      /^proof: it brings an attestation/,
      format,
    );
  }
});

test('a passkey has the name that its authenticator gives it', async () => {
  const { of, made } = given();
  const name = Buffer.alloc(32, 1).toString('base64url');
  const renamed = { ...(await made()), id: name, rawId: name };
  assert.match(refusedAs(await of.registered(ann.id, [], renamed, NOW)), /^proof: it is named otherwise/);
});

test('one passkey is registered once, and so many of one person', async () => {
  const { of, made, passkey } = await registered();
  const same = await made([passkey]);
  assert.match(
    refusedAs(await of.registered(ann.id, [passkey], same, NOW)),
    /^proof: it is registered already/,
  );
  const many = Array.from({ length: MOST_PASSKEYS }, (_, at) => ({ ...passkey, id: `key-${at}` }));
  assert.equal(refusedAs(await of.registered(ann.id, many, await made(), NOW)), 'limit');
});

test('what is no answer of a browser is refused before anything is done with it', async () => {
  const { of, made, proved, passkey } = await registered();
  const [one, other] = [await made(), await proved([passkey])];
  const none: readonly unknown[] = [
    undefined,
    null,
    'text',
    {},
    [],
    { ...other, id: 5 },
    { ...other, type: 'password' },
  ];
  for (const answer of [
    ...none,
    { ...other, response: { ...other.response, signature: 'A'.repeat(100_000) } },
    { ...other, response: { ...other.response, clientDataJSON: 'bm90IEpTT04' } },
    { ...other, response: { ...other.response, signature: 'not base64url!' } },
  ])
    assert.equal(refusedAs(await of.authenticated(ann.id, 'signIn', [passkey], answer, NOW)), 'form');
  for (const answer of [
    ...none,
    { ...one, response: { ...one.response, attestationObject: 'A'.repeat(100_000) } },
  ])
    assert.equal(refusedAs(await of.registered(ann.id, [], answer, NOW)), 'form');
  const broken = { ...one, response: { ...one.response, attestationObject: 'AAAA' } };
  assert.match(refusedAs(await of.registered(ann.id, [], broken, NOW)), /^proof/);
});
