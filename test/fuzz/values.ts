import { canonical, type Json } from '#domain/kernel/canonical.ts';
import { type JsonSchema, type MessageSchemas, referenceOf } from '#domain/kernel/json-schema.ts';
import { everybody, type Inhabited, things } from '../support/inhabited.ts';
import type { Chance } from './chance.ts';

// Values that fit a schema, and mean something in the world they are sent to: most ids are of things that are there, most
// amounts such as people pay. Noise is somebody else's work.

export type World = Pick<Inhabited, 'now' | 'places' | 'payments'>;

/** Makes values for one case. */
export interface Values {
  /** A value of a shared schema or a GraphQL scalar, by its name; undefined when nobody has told how. */
  named(name: string): Json | undefined;
  /** A value that fits a schema. @throws Error for a schema that says something new */
  of(schema: JsonSchema, field?: string): Json;
}

const DAY_MS = 24 * 60 * 60 * 1_000;
const NOTHING_WAITS = '01900000-0000-7000-8000-000000000000';
const texts = [
  'A clock',
  'Ω',
  '時計',
  'ساعة',
  '🕰️',
  'a\u200db\u200f',
  // Refused where something is to be seen, and everywhere.
  '\u200b',
  'a\u202eb',
  "Robert'); DROP TABLE events;--",
  '<b>&amp;',
  '  x ',
  'a\tb\nc',
  // Of no notice that waits.
  NOTHING_WAITS,
];

/** What a field is called where its schema has no name of its own: GraphQL's arguments. */
const meanings: Readonly<Record<string, string>> = {
  auctionId: 'AuctionId',
  saleId: 'SaleId',
  lotId: 'LotId',
  paymentId: 'PaymentId',
  person: 'PersonId',
  seller: 'PersonId',
  consignor: 'PersonId',
  to: 'PersonId',
  movement: 'MovementId',
  holdId: 'AuctionId',
  id: 'GlobalId',
  ids: 'GlobalId',
  account: 'Account',
  waitingId: 'WaitingId',
  category: 'Category',
  stream: 'Stream',
  streams: 'Stream',
  types: 'EventType',
};
/** The meaning of a GraphQL argument or input field, by its name. */
export const meaningOf = (field: string): string | undefined => meanings[field];

/** @param sound without what is refused for its form alone */
export function valuesOf(
  chance: Chance,
  world: World,
  number: number,
  schemas: MessageSchemas,
  sound = false,
): Values {
  const fresh = (): string => `z${chance.percent(60) ? number : chance.below(number + 1)}`;
  const idOf = (known: readonly string[]) => (chance.percent(65) ? chance.pick(known) : fresh());
  const amount = (): string => {
    if (chance.percent(10))
      return chance.pick(['1', '999999999999999999', '1000000000000000', '1000000000000001']);
    return String(Math.ceil(10 ** (chance.below(900) / 100)));
  };
  const moment = (): string =>
    new Date(Date.parse(world.now) + chance.between(-2, 80) * DAY_MS).toISOString();
  const currency = (): string =>
    chance.percent(85) ? 'USD' : chance.pick(['EUR', 'GBP', 'CHF', 'JPY', 'XXX']);
  const tiers = (): Json => {
    const rate = () => chance.pick([0, 250, 1_000, 10_000]);
    if (chance.percent(70)) return [{ rateBasisPoints: rate() }];
    return [
      { upTo: '1000', rateBasisPoints: rate() },
      { upTo: '50000', rateBasisPoints: rate() },
      { rateBasisPoints: rate() },
    ];
  };
  /** Of a thing of any kind, as the platform makes them; some of them name what is not there. */
  const globalId = (): string => {
    const person = chance.pick(everybody);
    const kinds: readonly (readonly [type: string, key: Json])[] = [
      ['Auction', { auctionId: idOf(things.auctions) }],
      ['Settlement', { auctionId: idOf(things.auctions) }],
      ['Lot', { lotId: idOf(things.lots) }],
      ['Sale', { saleId: idOf(things.sales) }],
      ['Payment', { paymentId: idOf(world.payments) }],
      ['Wallet', { person, currency: currency() }],
      ['Hold', { person, currency: currency(), holdId: idOf(things.auctions) }],
      ['StatementEntry', { person, currency: currency(), revision: chance.below(5) }],
      ['Ledger', { currency: currency() }],
      ['Nothing', {}],
    ];
    const known = chance.pick(sound ? kinds.slice(0, -1) : kinds);
    return Buffer.from(canonical(known)).toString('base64url');
  };
  const makers: Readonly<Record<string, () => Json>> = {
    AuctionId: () => idOf(things.auctions),
    SaleId: () => idOf(things.sales),
    LotId: () => idOf(things.lots),
    PersonId: () => chance.pick(everybody),
    LoginName: () => chance.pick(['_'.repeat(43), `${'a'.repeat(42)}_`]),
    GrantId: () => chance.pick(['_'.repeat(43), `${'g'.repeat(42)}-`]),
    ClientId: () => chance.pick(['web', 'scales', 'none']),
    PaymentId: () => idOf(world.payments),
    MovementId: fresh,
    Currency: currency,
    MinorUnits: () => (chance.percent(10) ? '0' : amount()),
    PositiveMinorUnits: amount,
    PositiveSum: amount,
    Money: () => ({ amount: amount(), currency: currency() }),
    PositiveMoney: () => ({ amount: amount(), currency: currency() }),
    Instant: moment,
    Category: () => chance.pick(['watches', 'art', 'a-1']),
    Picture: () => `https://pictures.example/${number}.jpg`,
    Tiers: tiers,
    Token: () => chance.pick(world.places),
    GlobalId: () => (sound || chance.percent(90) ? globalId() : chance.pick(texts)),
    Account: () => chance.pick(['fees', 'simulated', 'none']),
    WaitingId: () => NOTHING_WAITS,
    Cursor: () => chance.pick(['x', ...world.places]),
    Stream: () => chance.pick(['auction-open-1', 'wallet-ann:USD', 'auction-', 'lot-', 'saga-', 'nothing']),
    EventType: () => chance.pick(['BidAccepted', 'FundsReserved', 'Nothing']),
    String: () => chance.pick(texts),
    ID: () => idOf([...things.auctions, ...things.lots, ...things.sales]),
    Boolean: () => chance.percent(50),
    Int: () => (chance.percent(90) ? chance.between(1, 100) : chance.pick([0, -1, 101, 2_147_483_647])),
    SafeInteger: () =>
      sound || chance.percent(80) ? chance.below(5) : chance.pick([-1, Number.MAX_SAFE_INTEGER]),
  };

  const named = (name: string): Json | undefined => makers[name]?.();

  function text({ minLength = 0, maxLength, pattern, format }: JsonSchema): string {
    if (format !== undefined) throw new Error(`nobody has told how to make a text of ${format}`);
    const fits = (each: string) => pattern === undefined || new RegExp(pattern, 'u').test(each);
    const fitting = texts.filter(fits);
    if (fitting.length === 0) throw new Error(`nobody has told how to make a text of ${pattern}`);
    const short = chance.pick(fitting);
    if (maxLength === undefined || chance.percent(90)) return short;
    return chance.pick(['x'.repeat(Math.max(1, minLength)), 'x'.repeat(maxLength), '🕰'.repeat(maxLength)]);
  }

  function objectOf({ properties = {}, required = [] }: JsonSchema): Json {
    const chosen = Object.entries(properties).filter(
      ([name]) => required.includes(name) || chance.percent(30),
    );
    return Object.fromEntries(chosen.map(([name, field]) => [name, of(field, name)]));
  }

  function of(schema: JsonSchema, field = ''): Json {
    const reference = referenceOf(schema);
    if (reference !== undefined) return named(reference) ?? of(schemas.$defs[reference] ?? {}, field);
    if (schema.enum !== undefined) return chance.pick(schema.enum);
    switch (schema.type) {
      case 'object':
        return objectOf(schema);
      case 'array': {
        const length = chance.between(schema.minItems ?? 0, Math.min(schema.maxItems ?? 3, 3));
        return Array.from({ length }, () => of(schema.items ?? {}, field));
      }
      case 'string':
        return text(schema);
      case 'integer': {
        const { minimum = 0, maximum = 100 } = schema;
        if (chance.percent(15)) return chance.pick([minimum, maximum]);
        return chance.between(minimum, Math.min(maximum, minimum + 3));
      }
      case 'boolean':
        return chance.percent(50);
      default:
        throw new Error(`nobody has told how to make ${field} of ${JSON.stringify(schema).slice(0, 200)}`);
    }
  }
  return { named, of };
}
