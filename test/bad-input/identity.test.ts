import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { test } from 'node:test';
import { BODY_BYTES } from '#write-side/rest/body.ts';
import { type Case, openDoor, type Sent, strangers, WEBHOOK_SECRET } from './door.ts';

// Those who are not who they say they are: forged tokens, and notices that the payment provider did not send.

const door = await openDoor();
const place = '/commands/auctions/place-bid';
const bid = '{"auctionId":"open-1","maximum":{"amount":"500","currency":"USD"}}';
const graphql = (over: Partial<Sent>, query = '{ now }'): Sent => {
  const headers = { accept: 'application/graphql-response+json', ...over.headers };
  return { path: '/graphql', body: JSON.stringify({ query }), ...over, headers };
};

// Tokens as forgers make them.
const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const { privateKey: foreign } = generateKeyPairSync('ed25519');
const HOUR_S = 3_600;
const start = Date.parse(door.inhabited.now) / 1_000;
const claims = { sub: 'ann', roles: ['bidder'], iss: 'annals', aud: 'annals', exp: start + HOUR_S };
function forged(header: object, payload: object, key?: KeyObject): string {
  const said = `${encoded(header)}.${encoded(payload)}`;
  return `${said}.${key === undefined ? '' : sign(null, Buffer.from(said), key).toString('base64url')}`;
}
const eddsa = { alg: 'EdDSA', typ: 'JWT' };
const good = door.inhabited.sessions.ann.authorization.replace('Bearer ', '');
const [head = '', payload = '', signature = ''] = good.split('.');
const tokens: readonly (readonly [what: string, authorization: string])[] = [
  ['nothing behind its name', 'Bearer '],
  ['the name of another scheme', `Token ${good}`],
  ['another scheme', `Basic ${good}`],
  ['no token', 'Bearer nonsense'],
  ['a token without a signature', `Bearer ${head}.${payload}.`],
  [
    'the signature of another payload',
    `Bearer ${head}.${encoded({ ...claims, roles: ['admin'] })}.${signature}`,
  ],
  ['alg none', `Bearer ${forged({ alg: 'none' }, claims)}`],
  ['alg None', `Bearer ${forged({ alg: 'None' }, claims)}`],
  ['a foreign key', `Bearer ${forged(eddsa, claims, foreign)}`],
  [
    'a foreign key that it brings along',
    `Bearer ${forged({ ...eddsa, jwk: foreign.export({ format: 'jwk' }) }, claims, foreign)}`,
  ],
  [
    'HMAC',
    `Bearer ${encoded({ alg: 'HS256' })}.${payload}.${createHmac('sha256', 'annals').update('x').digest('base64url')}`,
  ],
  ['five thousand characters', `Bearer ${'x'.repeat(5_000)}`],
  ['two tokens', `Bearer ${good} ${good}`],
  ['letters that no token has', 'Bearer \u00ff\u00fe'],
];
strangers(
  door,
  'a token',
  tokens.flatMap(([what, authorization]): readonly Case[] => [
    [`${what}, by REST`, { path: place, body: bid, headers: { authorization } }, 401, 'unauthenticated'],
    [`${what}, by GraphQL`, graphql({ headers: { authorization } }), 401, 'unauthenticated'],
  ]),
);
strangers(door, 'a token in the address', [
  ['by REST', { path: `${place}?access_token=${good}`, body: bid }, 401, 'unauthenticated'],
  [
    'by GraphQL',
    graphql({ path: `/graphql?access_token=${good}` }, '{ wallets { edges { cursor } } }'),
    200,
    'unauthenticated',
  ],
]);

// Notices as they come from who is not the provider, or from who was it long ago.
const notice = JSON.stringify({
  ...{ noticeId: 'n-1', paymentId: 'nobody-knows', outcome: 'top_up_confirmed' },
  ...{ amount: '100', currency: 'USD' },
});
const moment = Date.parse(door.inhabited.now);
function told(body: string | Buffer, time: number | string, secret = WEBHOOK_SECRET): Sent {
  const mac = createHmac('sha256', secret).update(`${time}.`).update(body).digest('hex');
  return { path: '/webhooks/payments', body, headers: { 'payment-signature': `t=${time},v1=${mac}` } };
}
strangers(door, 'a notice', [
  ['that nobody signed', { path: '/webhooks/payments', body: notice }, 401, 'bad_signature'],
  ['signed with another secret', told(notice, moment, 'guessed'), 401, 'bad_signature'],
  [
    'whose body was changed',
    { ...told(notice, moment), body: notice.replace('100', '999') },
    401,
    'bad_signature',
  ],
  ['of an hour ago', told(notice, moment - HOUR_S * 1_000), 401, 'bad_signature'],
  ['of the next hour', told(notice, moment + HOUR_S * 1_000), 401, 'bad_signature'],
  ['of no time', told(notice, 'NaN'), 401, 'bad_signature'],
  [
    'with a signature of a megabyte’s beginning',
    { ...told(notice, moment), headers: { 'payment-signature': `t=1,v1=${'0'.repeat(8_000)}` } },
    401,
    'bad_signature',
  ],
  ['that is no JSON', told('nonsense', moment), 200, 'invalid', ['NoticeKept']],
  ['that is empty', told('', moment), 200, 'invalid', ['NoticeKept']],
  ['of nothing', told('{}', moment), 200, 'invalid', ['NoticeKept']],
  ['of a negative amount', told(notice.replace('"100"', '"-100"'), moment), 200, 'invalid', ['NoticeKept']],
  [
    'of a payment nobody knows',
    told(notice, moment),
    200,
    'payment_unknown',
    ['NoticeRefused', 'NoticeKept'],
  ],
  ['that is huge', told(notice.padEnd(BODY_BYTES + 1), moment), 413, 'invalid'],
  [
    'that is compressed',
    { ...told(notice, moment), headers: { 'content-encoding': 'gzip' } },
    415,
    'invalid',
  ],
  ['by another method', { method: 'GET', path: '/webhooks/payments' }, 405, 'invalid'],
  [
    'that is no UTF-8',
    told(Buffer.from(notice.replace('n-1', '\xff'), 'latin1'), moment),
    200,
    'invalid',
    ['NoticeKept'],
  ],
  [
    'with a name twice',
    told(notice.replace('{', '{"noticeId":"n-0",'), moment),
    200,
    'invalid',
    ['NoticeKept'],
  ],
]);

test('a notice that comes twice is taken once', async () => {
  const [paymentId] = door.inhabited.payments;
  const body = notice.replace('nobody-knows', String(paymentId)).replace('n-1', 'n-2');
  const first = await door.send(told(body, moment));
  const before = await door.head();
  const second = await door.send(told(body, moment));
  assert.deepEqual([second.status, second.text], [first.status, first.text]);
  assert.deepEqual(await door.since(before), []);
});
