import { registry } from '#compose/contexts.ts';
import type { Role } from '#domain/kernel/actor.ts';
import { commandPaths } from '#write-side/rest/paths.ts';
import type { Person } from '../support/inhabited.ts';
import { type Case, openDoor, type Sent, strangers } from './door.ts';

// What people send who may send commands, and what their commands must not say.

const door = await openDoor();
const usd = (amount: unknown) => ({ amount, currency: 'USD' });

/** A command as REST takes it. */
const rest = (as: Person, command: string, data: unknown, headers: Sent['headers'] = {}): Sent => ({
  path: `/commands/${command}`,
  as,
  headers,
  body: typeof data === 'string' ? data : JSON.stringify(data),
});
const graphql = (as: Person, query: string, variables: object): Sent => ({
  path: '/graphql',
  as,
  headers: { accept: 'application/graphql-response+json' },
  body: JSON.stringify({ query, variables }),
});
const bid = (as: Person, auctionId: unknown, maximum: unknown): Sent =>
  rest(as, 'auctions/place-bid', { auctionId, maximum });

// The first bid stands at the opening price, so that the next of the same amount is too low.
await door.send(bid('bob', 'open-1', usd('100')));

/** Text that is no amount, though some parser somewhere would take it for one. */
const noAmounts: readonly (readonly [what: string, amount: string])[] = [
  ['negative', '"-1"'],
  ['zero', '"0"'],
  ['zero, as the negative one', '"-0"'],
  ['fractional', '"1.5"'],
  ['fractional with nothing behind the point', '"100."'],
  ['with a comma', '"1,000"'],
  ['of nineteen digits', '"1000000000000000000"'],
  ['of a thousand digits', `"${'9'.repeat(1_000)}"`],
  ['with zeros in front', '"0100"'],
  ['with blanks around it', '" 1 "'],
  ['with a line break behind it', '"1\\n"'],
  ['hexadecimal', '"0x10"'],
  ['with a plus', '"+5"'],
  ['with an exponent', '"1e3"'],
  ['with an underscore', '"1_000"'],
  ['a bigint as it is written', '"100n"'],
  ['in Arabic digits', '"١٢٣"'],
  ['in wide digits', '"１２３"'],
  ['NaN as text', '"NaN"'],
  ['Infinity as text', '"Infinity"'],
  ['empty', '""'],
  ['a number', '100'],
  ['a number beyond all bounds', '1e999'],
  ['a fraction as a number', '0.1'],
  ['null', 'null'],
  ['true', 'true'],
  ['a list', '["100"]'],
  ['an object', '{"$bigint":"100"}'],
];
const raw = (amount: string) => `{"auctionId":"open-1","maximum":{"amount":${amount},"currency":"USD"}}`;
const PLACE = `mutation ($maximum: PositiveMoneyInput!) {
  placeBid(auctionId: "open-1", maximum: $maximum) { ... on Rejection { code } } }`;

strangers(
  door,
  'an amount by REST',
  noAmounts.map(
    ([what, amount]): Case => [what, rest('ann', 'auctions/place-bid', raw(amount)), 400, 'invalid'],
  ),
);
strangers(
  door,
  'an amount by GraphQL',
  noAmounts.map(([what, amount]): Case => {
    const body = `{"query":${JSON.stringify(PLACE)},"variables":{"maximum":{"amount":${amount},"currency":"USD"}}}`;
    // Text is judged where every command is; other kinds of values are no text, which GraphQL says before it begins.
    const status = amount.startsWith('"') ? 200 : 400;
    return [what, { ...graphql('ann', '', {}), body }, status, 'invalid'];
  }),
);

strangers(door, 'a bid', [
  [
    'in another currency',
    bid('ann', 'open-1', { amount: '100', currency: 'EUR' }),
    409,
    'currency_mismatch',
    ['BidRejected'],
  ],
  ['in no currency', bid('ann', 'open-1', { amount: '100', currency: 'usd' }), 400, 'invalid'],
  [
    'in a currency of other letters',
    bid('ann', 'open-1', { amount: '100', currency: 'ＵＳＤ' }),
    400,
    'invalid',
  ],
  ['below the opening bid', bid('ann', 'open-1', usd('99')), 409, 'bid_too_low', ['BidRejected']],
  [
    'above the largest',
    bid('ann', 'open-1', usd('999999999999999999')),
    409,
    'bid_too_high',
    ['BidRejected'],
  ],
  [
    'beyond the funds',
    bid('ann', 'open-1', usd('999999999999999')),
    409,
    'bid_not_funded',
    ['BidPlaced', 'FundsRefused'],
  ],
  ['without a wallet’s money', bid('sam', 'open-1', usd('100')), 403, 'own_lot', ['BidRejected']],
  ['by one who has not joined', bid('dan', 'open-1', usd('500')), 409, 'not_joined', ['BidRejected']],
  ['late, on a lot that is sold', bid('ann', 'sold-1', usd('1000')), 409, 'auction_closed', ['BidRejected']],
  [
    'on an auction that was cancelled',
    bid('ann', 'off-1', usd('1000')),
    409,
    'auction_not_open',
    ['BidRejected'],
  ],
  [
    'early, before the auction opens',
    bid('ann', 'later-1', usd('1000')),
    409,
    'auction_not_open',
    ['BidRejected'],
  ],
  ['on an auction that is not there', bid('ann', 'nowhere', usd('1000')), 404, 'auction_unknown'],
  ['by the house’s staff', bid('otto', 'open-1', usd('100')), 403, 'forbidden'],
]);

strangers(door, 'a bid against another', [
  ['equal to the leading one', bid('ann', 'open-1', usd('100')), 409, 'bid_too_low', ['BidRejected']],
  ['of the leader, no higher', bid('bob', 'open-1', usd('100')), 409, 'maximum_not_raised', ['BidRejected']],
]);

const one: Readonly<Record<Exclude<Role, 'system'>, Person>> = {
  bidder: 'ann',
  seller: 'sue',
  auctioneer: 'otto',
  clerk: 'clara',
  auditor: 'ida',
  investigator: 'ines',
  admin: 'adam',
};
const paths = commandPaths(registry);
strangers(
  door,
  'a role against a command',
  paths.flatMap(({ path, command }): readonly Case[] => [
    [`nobody sends ${command.type}`, { path, body: '{}' }, 401, 'unauthenticated'],
    ...Object.entries(one).map(([role, as]): Case => {
      // Who may send it is told what is wrong with it; who may not learns nothing about it.
      const may = command.from === 'member' || command.from.includes(role as Role);
      return [
        `${role} sends ${command.type}`,
        { path, as, body: '{}' },
        may ? 400 : 403,
        may ? 'invalid' : 'forbidden',
      ];
    }),
  ]),
);
strangers(
  door,
  'a command of processes',
  [...registry.commands.values()]
    .filter(({ command }) => command.from === 'internal')
    .map(({ context, command }): Case => {
      const name = command.type.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
      return [command.type, rest('otto', `${context.name}/${name}`, '{}'), 404, 'not_found'];
    }),
);

const lot = (over: object) => ({
  lotId: 'new-1',
  title: 'A lot',
  description: '',
  categories: [],
  pictures: [],
  estimateLow: usd('1'),
  estimateHigh: usd('2'),
  openingBid: usd('1'),
  ...over,
});
const consign = (over: object) => rest('sue', 'auctions/consign-lot', lot(over));
const auction = (over: object) =>
  rest('sam', 'auctions/schedule-auction', {
    auctionId: 'new-1',
    lotId: 'lot-free',
    saleId: 'spring',
    opensAt: '2026-02-01T00:00:00Z',
    endsAt: '2026-02-02T00:00:00Z',
    ...over,
  });
strangers(door, 'an id or a state', [
  ['of a lot that is not there', auction({ lotId: 'nothing' }), 404, 'lot_unknown'],
  ['of a sale that is not there', auction({ saleId: 'nothing' }), 404, 'sale_unknown'],
  ['of a sale that is not announced', auction({ saleId: 'autumn' }), 409, 'sale_not_open'],
  ['of a sale that is closed', auction({ saleId: 'closed-sale' }), 409, 'sale_not_open'],
  ['of a sale in another currency', auction({ saleId: 'euro' }), 409, 'other_currency'],
  ['of a lot that is promised to an auction', auction({ lotId: 'lot-1' }), 409, 'lot_phase'],
  [
    'of somebody else’s lot',
    rest('sue', 'auctions/withdraw-lot', { lotId: 'lot-free', cause: 'x' }),
    403,
    'not_your_lot',
  ],
  ['that is taken', consign({ lotId: 'lot-1' }), 409, 'lot_exists'],
  ['that is empty', consign({ lotId: '' }), 400, 'invalid'],
  ['of 65 characters', consign({ lotId: 'x'.repeat(65) }), 400, 'invalid'],
  ['of sixty thousand characters', consign({ lotId: 'x'.repeat(60_000) }), 400, 'invalid'],
  ['with a colon, which joins ids', consign({ lotId: 'a:b' }), 400, 'invalid'],
  ['with a slash', consign({ lotId: '../a' }), 400, 'invalid'],
  ['with a line break behind it', consign({ lotId: 'a\n' }), 400, 'invalid'],
  ['called __proto__', consign({ lotId: '__proto__' }), 400, 'invalid'],
  ['of a person who is nobody', rest('ann', 'wallets/transfer', { to: '', ...usd('1') }), 400, 'invalid'],
  ['of oneself', rest('ann', 'wallets/transfer', { to: 'ann', ...usd('1') }), 409, 'own_wallet'],
  [
    'of a wallet that is not open',
    rest('sue', 'wallets/withdraw', { amount: '1', currency: 'JPY' }),
    409,
    'wallet_not_open',
  ],
  [
    'of a rate without an end of its tiers',
    rest('otto', 'auctions/schedule-sale', {
      ...{ saleId: 'new-1', title: 'x', description: '', currency: 'USD', ladderVersion: 1 },
      ...{ premium: [{ upTo: '1', rateBasisPoints: 0 }], commission: [{ rateBasisPoints: 0 }] },
    }),
    422,
    'unsound_tiers',
  ],
  [
    'of a ladder that is not there',
    rest('otto', 'auctions/schedule-sale', {
      ...{ saleId: 'new-1', title: 'x', description: '', currency: 'USD', ladderVersion: 9_999 },
      ...{ premium: [{ rateBasisPoints: 0 }], commission: [{ rateBasisPoints: 0 }] },
    }),
    409,
    'ladder_unknown',
  ],
  [
    'of an auction that is over',
    rest('otto', 'auctions/cancel-auction', { auctionId: 'sold-1', cause: 'x' }),
    409,
    'auction_over',
  ],
  [
    'of an auction that is not there',
    rest('otto', 'auctions/cancel-auction', { auctionId: 'nothing', cause: 'x' }),
    404,
    'auction_unknown',
  ],
]);

strangers(door, 'a moment', [
  ['on the 30th of February', auction({ opensAt: '2026-02-30T00:00:00Z' }), 400, 'invalid'],
  ['without minutes of its offset', auction({ opensAt: '2026-02-01T00:00:00+01' }), 400, 'invalid'],
  ['without minutes', auction({ opensAt: '2026-02-01T00Z' }), 400, 'invalid'],
  [
    'in another zone, which is a time, and here no later one',
    auction({ opensAt: '2098-02-01T01:00:00+01:00', endsAt: '2098-01-31T23:00:00-01:00' }),
    422,
    'unsound_times',
  ],
  ['without a zone', auction({ opensAt: '2026-02-01T00:00:00' }), 400, 'invalid'],
  ['as a number', auction({ opensAt: 1_769_904_000 }), 400, 'invalid'],
  ['of the year 10000', auction({ endsAt: '+010000-01-01T00:00:00Z' }), 400, 'invalid'],
  [
    'with more digits than any clock has',
    auction({ opensAt: `2026-02-01T00:00:00.${'1'.repeat(20)}Z` }),
    400,
    'invalid',
  ],
  ['of the year 9999', auction({ endsAt: '9999-12-31T23:59:59.999Z' }), 422, 'unsound_times'],
  [
    'in the past',
    auction({ opensAt: '1999-01-01T00:00:00Z', endsAt: '1999-01-02T00:00:00Z' }),
    422,
    'unsound_times',
  ],
  ['of the end before the beginning', auction({ endsAt: '2026-01-31T00:00:00Z' }), 422, 'unsound_times'],
]);

const amend = `mutation ($title: String!) { amendLot(lotId: "lot-free", title: $title, description: "", categories: [],
  pictures: [], estimateLow: { amount: "1", currency: "USD" }, estimateHigh: { amount: "2", currency: "USD" },
  openingBid: { amount: "1", currency: "USD" }) { ... on Rejection { code } } }`;
const titled = (title: string) =>
  rest('sue', 'auctions/consign-lot', JSON.stringify(lot({})).replace('A lot', title));
strangers(door, 'a text', [
  ['with half of a surrogate pair', titled('\\ud800'), 400, 'invalid'],
  ['with the halves in the wrong order', titled('\\udc00\\ud800'), 400, 'invalid'],
  ['with half of a pair by GraphQL', graphql('sam', amend, { title: '\ud800' }), 200, 'invalid'],
  ['with NUL', titled('a\\u0000b'), 400, 'invalid'],
  ['with NUL by GraphQL', graphql('sam', amend, { title: 'a\0b' }), 200, 'invalid'],
  ['with a control character', titled('a\\u001b[31mb'), 400, 'invalid'],
  ['with one of the second set', titled('a\\u0085b'), 400, 'invalid'],
  ['of blanks', titled('   '), 400, 'invalid'],
  ['of blanks of other scripts', titled('\\u3000\\ufeff'), 400, 'invalid'],
  ['a character too long', titled('x'.repeat(201)), 400, 'invalid'],
  ['a character too long, of two units of UTF-16 each', titled('🕰'.repeat(201)), 400, 'invalid'],
  ['that a control character ends', titled('a\\u000b'), 400, 'invalid'],
  ['much too long', consign({ description: 'x'.repeat(50_000) }), 400, 'invalid'],
  ['that is no category', consign({ categories: ['Watches!'] }), 400, 'invalid'],
  ['a picture that is a script', consign({ pictures: ['javascript:alert(1)'] }), 400, 'invalid'],
  ['a picture on a disk', consign({ pictures: ['file:///etc/passwd'] }), 400, 'invalid'],
  [
    'twenty-one pictures',
    consign({ pictures: Array.from({ length: 21 }, () => 'https://a.b/c') }),
    400,
    'invalid',
  ],
]);

const keys = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'];
strangers(
  door,
  'a key of the prototype',
  keys.flatMap((key): readonly Case[] => {
    const field = `${JSON.stringify(key)}:{"isAdmin":true}`;
    const inside = `{"maximum":{"amount":"500","currency":"USD",${field}},"auctionId":"open-1"}`;
    const beside = `{${field},"maximum":{"amount":"500","currency":"USD"},"auctionId":"open-1"}`;
    const variables = `{"query":${JSON.stringify(PLACE)},"variables":{"maximum":{"amount":"500","currency":"USD",${field}}}}`;
    const tiers = `{"saleId":"new-2","title":"x","description":"","currency":"USD","ladderVersion":1,
      "premium":[{"rateBasisPoints":0,${field}}],"commission":[{"rateBasisPoints":0}]}`;
    return [
      [`${key} beside the fields`, rest('ann', 'auctions/place-bid', beside), 400, 'invalid'],
      [`${key} in an amount`, rest('ann', 'auctions/place-bid', inside), 400, 'invalid'],
      [`${key} in a list`, rest('otto', 'auctions/schedule-sale', tiers), 400, 'invalid'],
      [`${key} in a variable`, { ...graphql('ann', '', {}), body: variables }, 400, 'invalid'],
      [`${key} as a command`, rest('ann', `auctions/${key}`, '{}'), 404, 'not_found'],
      [`${key} as a context`, rest('ann', `${key}/place-bid`, '{}'), 404, 'not_found'],
    ];
  }),
);
strangers(door, 'a field', [
  [
    'nobody knows',
    rest('ann', 'auctions/place-bid', { auctionId: 'open-1', maximum: usd('500'), now: 1 }),
    400,
    'invalid',
  ],
  ['nobody knows, in an amount', bid('ann', 'open-1', { ...usd('500'), scale: 2 }), 400, 'invalid'],
  ['that is missing', rest('ann', 'auctions/place-bid', { auctionId: 'open-1' }), 400, 'invalid'],
  [
    'in other letters',
    rest('ann', 'auctions/place-bid', { auctionid: 'open-1', maximum: usd('500') }),
    400,
    'invalid',
  ],
  [
    'of another command',
    rest('ann', 'wallets/open-wallet', { currency: 'USD', person: 'bob' }),
    400,
    'invalid',
  ],
]);
