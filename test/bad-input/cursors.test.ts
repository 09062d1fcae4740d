import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type GraphQLArgument, type GraphQLField, getNamedType, isLeafType, isNonNullType } from 'graphql';
import { registry } from '#compose/contexts.ts';
import { published, type RootField, targets } from '../fuzz/documents.ts';
import { everybody, type Person, people } from '../support/inhabited.ts';
import { codeIn, openDoor } from './door.ts';

// A cursor or a token is opaque to whoever holds it, and an input like any other to us: whatever comes back in its place, in any
// operation that takes one, is taken or gets a code of the catalogue, and is never a failure of ours.

const door = await openDoor();
const QUIET_MS = 500;
const numRuns = Number(process.env.ANNALS_RUNS ?? 150);

/** An argument that takes a cursor or a token, in an operation that asks for it alone. */
interface Place {
  readonly coordinate: string;
  readonly scalar: string;
  readonly root: RootField['root'];
  readonly as: Person;
  readonly query: string;
}

const auction = await door.send({
  path: '/graphql',
  body: '{"query":"{ auction(auctionId: \\"open-1\\") { id } }"}',
});
const globalId = /"id":("[^"]+")/.exec(auction.text)?.[1] ?? assert.fail(auction.text);

/** What operations need besides, by the names of their arguments; the things are there. */
const needed: Readonly<Record<string, string>> = {
  ...{ auctionId: '"open-1"', lotId: '"lot-1"', saleId: '"spring"', currency: '"USD"', text: '"lot"' },
  ...{ paymentId: `"${door.inhabited.payments[0]}"`, movement: '"m"', stream: '"auction-open-1"' },
  ...{ bidId: '"01a22330-7314-7560-94d2-eabb5e2f0821"', holdId: '"none"', revision: '0' },
  ...{ waitingId: '"01a22330-7314-7560-94d2-eabb5e2f0821"' },
  ...{ account: '"fees"', owner: 'platform', session: '"none"', client: '"none"' },
  ...{ id: globalId, ids: `[${globalId}]` },
};

function literal({ name }: GraphQLArgument): string {
  const value = needed[name] ?? assert.fail(`an argument ${name} of which this test knows no value`);
  return value;
}

const fieldAt = (coordinate: string): GraphQLField<unknown, unknown> => {
  const [type = '', field = ''] = coordinate.split('.');
  const owner = published.getType(type);
  const found = owner && 'getFields' in owner ? owner.getFields()[field] : undefined;
  return found && 'args' in found ? found : assert.fail(coordinate);
};

/** `auction(auctionId: "open-1") { bids(after: $cursor) { __typename } }` */
function selection(way: readonly string[], taking: string): string {
  const [coordinate = '', ...rest] = way;
  const field = fieldAt(coordinate);
  const given = field.args
    .filter(({ type }) => isNonNullType(type))
    .map((arg) => `${arg.name}: ${literal(arg)}`);
  if (rest.length === 0) given.push(`${taking}: $cursor`);
  const args = given.length === 0 ? '' : `(${given.join(', ')})`;
  const inner =
    rest.length > 0 ? selection(rest, taking) : isLeafType(getNamedType(field.type)) ? '' : '__typename';
  return `${field.name}${args}${inner && ` { ${inner} }`}`;
}

function personFor({ roles }: RootField): Person {
  const named = (name: Person) => roles.length === 0 || people[name].some((role) => roles.includes(role));
  return everybody.find(named) ?? assert.fail(`nobody is ${roles.join(', ')}`);
}

const places: readonly Place[] = targets
  .filter(({ from }) => from.root !== 'mutation')
  .flatMap(({ coordinate, from, way }) =>
    fieldAt(coordinate)
      .args.filter(({ type }) => ['Cursor', 'Token'].includes(getNamedType(type).name))
      .map(({ name, type }) => {
        const scalar = getNamedType(type).name;
        const query = `${from.root} ($cursor: ${scalar}) { ${selection(way, name)} }`;
        return { coordinate: `${coordinate}(${name}:)`, scalar, root: from.root, as: personFor(from), query };
      }),
  );

/** What comes first: the answer, or the first item of a feed, which is left then. */
async function answered(
  { root, as, query }: Place,
  cursor: string,
): Promise<{ status: number; text: string }> {
  const leaving = new AbortController();
  const response = await fetch(`${door.inhabited.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: door.inhabited.sessions[as].authorization,
      accept: root === 'subscription' ? 'text/event-stream' : 'application/json',
    },
    body: JSON.stringify({ query, variables: { cursor } }),
    signal: leaving.signal,
  });
  // A feed from the present has nothing to tell: it was taken.
  const quiet = root === 'subscription' ? setTimeout(() => leaving.abort(), QUIET_MS) : undefined;
  let text = '';
  try {
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (root === 'subscription' && text.includes('data: {')) break;
    }
  } catch (error) {
    if (!leaving.signal.aborted) throw error;
  }
  clearTimeout(quiet);
  leaving.abort();
  // SSE says it in lines of its own.
  return { status: response.status, text: /^data: (\{.*\})$/m.exec(text)?.[1] ?? text };
}

/** The cursors that a page hands out where it is asked for from its beginning. */
async function cursorsOf(place: Place): Promise<readonly string[]> {
  const query = place.query
    .replace('($cursor: Cursor)', '')
    .replace(/,? *after: \$cursor/, '')
    .replace('()', '');
  const body = JSON.stringify({ query: query.replace('__typename', 'edges { cursor }') });
  const { text } = await door.send({ path: '/graphql', as: place.as, body });
  return [...text.matchAll(/"cursor":"([^"]+)"/g)].map(([, cursor = '']) => cursor);
}

const NUMBERS = [
  ...['-1', '0', '-0', '00', '+1', ' 1', '1 ', '1.5', '1e3', '0x10', 'NaN', 'Infinity', '', '\u0661'],
  ...[2n ** 63n - 1n, 2n ** 63n, -(2n ** 63n), -(2n ** 63n) - 1n, 2n ** 64n].map(String),
  ...['9'.repeat(19), '9'.repeat(38), '9'.repeat(39), '9'.repeat(300)],
];
const ODD = [
  '\0',
  '\ud800',
  '\\ud800',
  '\\u0000',
  '"',
  '[',
  ',',
  '@',
  '\u00ff',
  '\u{1F600}',
  ' ',
  '=',
  '%00',
  '~',
];

const encoded = (text: string | Buffer): string => Buffer.from(text).toString('base64url');
type Change = (cursor: string, at: number, piece: string, number: string) => string;
const insideOf = (change: (text: string, at: number, piece: string) => string): Change => {
  return (cursor, at, piece) => encoded(change(Buffer.from(cursor, 'base64url').toString(), at, piece));
};
const inserted = (text: string, at: number, piece: string): string => {
  const place = at % (text.length + 1);
  return text.slice(0, place) + piece + text.slice(place);
};

/** Ways to come back with something else than was handed out. */
const changes: Readonly<Record<string, Change>> = {
  same: (cursor) => cursor,
  flip(cursor, at) {
    const bytes = Buffer.from(cursor, 'base64url');
    const place = at % bytes.length;
    bytes[place] = (bytes[place] ?? 0) ^ (1 << (at % 8));
    return encoded(bytes);
  },
  number: (cursor, at, _piece, number) =>
    insideOf((text) => {
      const found = [...text.matchAll(/\d+/g)];
      const one = found[at % (found.length || 1)];
      return one ? text.slice(0, one.index) + number + text.slice(one.index + one[0].length) : number;
    })(cursor, at, '', ''),
  letter: (cursor, at, piece) =>
    cursor.slice(0, at % cursor.length) + piece + cursor.slice((at % cursor.length) + 1),
  extend: (cursor, _at, piece) => cursor + piece,
  truncate: (cursor, at) => cursor.slice(0, at % cursor.length),
  insert: insideOf(inserted),
  cut: insideOf((text, at) => text.slice(0, at % text.length)),
  twice: (cursor) => cursor + cursor,
  base64: (cursor) => Buffer.from(cursor, 'base64url').toString('base64'),
  hex: (cursor) => Buffer.from(cursor, 'base64url').toString('hex'),
  plain: (cursor) => Buffer.from(cursor, 'base64url').toString(),
  upper: (cursor) => cursor.toUpperCase(),
  long: (_cursor, at, piece) => (piece || 'x').repeat((at % 3_000) + 1),
  odd: (_cursor, _at, piece) => piece,
};

test('every operation that takes a cursor or a token is asked with it', () => {
  assert.ok(places.filter(({ scalar }) => scalar === 'Cursor').length >= 8);
  assert.ok(places.filter(({ scalar }) => scalar === 'Token').length >= 30);
});

test('a cursor that was changed on its way is taken or refused by the catalogue, and nothing of it is a failure', async () => {
  const tokens = door.inhabited.places;
  const own = await Promise.all(
    places.map((place) => (place.scalar === 'Token' ? tokens : cursorsOf(place))),
  );
  const any = own.flat();
  const asking = fc.record({
    place: fc.nat(places.length - 1),
    from: fc.nat(),
    way: fc.constantFrom(...Object.keys(changes)),
    at: fc.nat(10_000),
    piece: fc.constantFrom(...ODD),
    number: fc.constantFrom(...NUMBERS),
  });
  const codes = new Set<string | undefined>();
  await fc.assert(
    fc.asyncProperty(asking, async ({ place, from, way, at, piece, number }) => {
      const asked = places[place] ?? assert.fail();
      const known = own[place]?.length ? own[place] : any;
      const cursor = changes[way]?.(known[from % known.length] ?? '', at, piece, number) ?? assert.fail();
      const { status, text } = await answered(asked, cursor);
      const code = codeIn(text);
      codes.add(code);
      assert.ok(status === 200 || status === 400, `${asked.coordinate} ${status} ${text.slice(0, 300)}`);
      assert.notEqual(code, 'internal', `${asked.coordinate} ${cursor}`);
      assert.ok(code === undefined || registry.rejections.has(code), text.slice(0, 300));
    }),
    { numRuns, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true },
  );
  assert.deepEqual(door.errors, []);
  assert.ok(
    codes.has(undefined) && codes.has('invalid') && codes.has('other_history'),
    [...codes].join(', '),
  );
});

test('the places beyond the numbers that are stored are no places of a list', async () => {
  const place = places.find(({ coordinate }) => coordinate === 'Query.statement(after:)') ?? assert.fail();
  const [cursor = ''] = await cursorsOf(place);
  const [sort, [position], id] = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  const at = (number: string) => answered(place, encoded(JSON.stringify([sort, [number], id])));
  assert.equal(codeIn((await at(position)).text), undefined);
  assert.equal(codeIn((await at(String(2n ** 63n - 1n))).text), undefined);
  for (const number of [2n ** 63n, -(2n ** 63n) - 1n, 10n ** 18n * 99n].map(String))
    assert.equal(codeIn((await at(number)).text), 'invalid', number);
  assert.deepEqual(door.errors, []);
});
