import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { createClient } from '@hey-api/openapi-ts';
import openapiTypes, { astToString, type OpenAPI3 } from 'openapi-typescript';
import { openDoor } from '../bad-input/door.ts';
import type { Person } from '../support/inhabited.ts';

// Clients as other people's generators make them from the published description: they compile under the strictest settings, a
// program that uses them knows the type of everything it reads, and it does what it says.

const root = resolve(import.meta.dirname, '../..');
const run = promisify(execFile);

const door = await openDoor();
const { url, sessions } = door.inhabited;
const document = (await (await fetch(`${url}/openapi.json`)).json()) as Record<string, unknown>;

const folder = await mkdtemp(join(tmpdir(), 'annals-clients-'));
after(() => rm(folder, { recursive: true, force: true }));

/** A bidder's program over the generated SDK: no cast, and each answer is told by its code alone. */
const BIDDING = `
import { createClient } from './sdk/client/index.ts';
import { placeBid, type PlaceBidData } from './sdk/index.ts';

export async function bid(baseUrl: string, token: string, body: PlaceBidData['body']): Promise<string> {
  const client = createClient({ baseUrl, auth: token });
  const { data, error } = await placeBid({ client, body, headers: { 'Idempotency-Key': crypto.randomUUID() } });
  if (data !== undefined) {
    const [event] = data.events;
    return event?.type === 'BidPlaced' ? \`\${data.outcome}: \${event.data.auctionId}\` : data.outcome;
  }
  switch (error.code) {
    case 'bid_too_low': {
      const { amount, currency }: { amount: string; currency: string } = error.details.smallestBid;
      return \`\${error.code}: \${amount} \${currency}\`;
    }
    case 'forbidden':
      return \`\${error.code}: \${error.details.needs.join()}\`;
    case 'invalid':
      return \`\${error.code}: \${error.details.issues.map(({ path }) => path).join()}\`;
    case 'overloaded':
    case 'contended':
    case 'unavailable':
      return \`\${error.code}: \${error.details.retryAfterMs satisfies number}\`;
    default:
      return error.code;
  }
}

const [, , url = '', orders = '[]'] = process.argv;
for (const { token, body } of JSON.parse(orders)) console.log(await bid(url, token, body));
`;

/** The same over types alone: by path, method and status. */
const READING = `
import type { components, paths } from './types.ts';

type PlaceBid = paths['/commands/auctions/place-bid']['post'];
type Refusal = PlaceBid['responses'][409]['content']['application/json'];
export const body: PlaceBid['requestBody']['content']['application/json'] = {
  auctionId: 'a',
  maximum: { amount: '1', currency: 'USD' },
};
export function least(refusal: Refusal): string | undefined {
  return refusal.code === 'bid_too_low' ? refusal.details.smallestBid.amount : undefined;
}
export function seller(event: components['schemas']['RecordedEvent']): string | undefined {
  return event.type === 'LotSold' ? event.data.seller : undefined;
}
`;

/** Uses of the clients that are wrong; each has to be refused. */
const WRONG = [
  "import { bid } from './bidding.ts'; bid('', '', { auctionId: 'a' });",
  "import { bid } from './bidding.ts'; bid('', '', { auctionId: 'a', maximum: { amount: 1, currency: 'USD' } });",
  "import { bid } from './bidding.ts'; bid('', '', { auctionId: 'a', maximum: { amount: '1', currency: 'USD', scale: 2 } });",
  "import { body } from './reading.ts'; body.maximum.amount satisfies number;",
  "import type { BidTooLowRejection } from './sdk/index.ts'; export const code: BidTooLowRejection['code'] = 'not_joined';",
  "import type { PlaceBidError } from './sdk/index.ts'; export const code: PlaceBidError['code'] = 'sale_unknown';",
];

const CONFIG = {
  compilerOptions: {
    ...{ target: 'esnext', module: 'nodenext', noEmit: true, strict: true, allowImportingTsExtensions: true },
    ...{ noUncheckedIndexedAccess: true, noImplicitOverride: true, noImplicitReturns: true },
    ...{ typeRoots: [join(root, 'node_modules/@types')], types: ['node'] },
  },
  include: ['**/*.ts'],
};

await createClient({
  input: document,
  output: { path: join(folder, 'sdk'), module: { extension: '.ts' } },
  plugins: ['@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/sdk'],
  logs: { level: 'silent', file: false },
});
const types = astToString(await openapiTypes(document as unknown as OpenAPI3));
await writeFile(join(folder, 'package.json'), '{"type":"module"}');
await writeFile(join(folder, 'types.ts'), types);
await writeFile(join(folder, 'bidding.ts'), BIDDING);
await writeFile(join(folder, 'reading.ts'), READING);
await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(CONFIG));

for (const [at, line] of WRONG.entries()) await writeFile(join(folder, `wrong-${at}.ts`), line);

/** What the project's compiler says of the folder, a line for each error. */
const tsc = join(root, 'node_modules/typescript/bin/tsc');
const said = await run(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], { cwd: folder }).catch(
  ({ stdout }: { stdout: string }) => ({ stdout }),
);
const errors = said.stdout.split('\n').filter((line) => line.includes('error TS'));

test('the generated clients, and programs that use them, compile', () => {
  assert.deepEqual(
    errors.filter((line) => !line.startsWith('wrong-')),
    [],
  );
});

for (const [at, line] of WRONG.entries())
  test(`a program that misuses them does not: ${line.slice(line.indexOf(';') + 2)}`, () => {
    assert.ok(
      errors.some((error) => error.startsWith(`wrong-${at}.ts`)),
      errors.join('\n'),
    );
  });

/** Runs the bidder's program, which says what became of each of its bids. */
async function bids(
  ...all: readonly (readonly [token: string, amount: string])[]
): Promise<readonly string[]> {
  const orders = all.map(([token, amount]) => ({
    token,
    body: { auctionId: 'open-1', maximum: { amount, currency: 'USD' } },
  }));
  const program = join(folder, 'bidding.ts');
  const { stdout } = await run(process.execPath, [program, url, JSON.stringify(orders)]);
  return stdout.trimEnd().split('\n');
}

test('the generated client bids, and reads every answer by its code', async () => {
  const tokenOf = (name: Person) => sessions[name].authorization.replace('Bearer ', '');
  const said = await bids(
    [tokenOf('ann'), '500'],
    [tokenOf('bob'), '99'],
    [tokenOf('otto'), '500'],
    [tokenOf('bob'), '0'],
    [tokenOf('dan'), '500'],
    ['nobody', '500'],
  );
  assert.deepEqual(said, [
    'accepted: open-1',
    'bid_too_low: 125 USD',
    'forbidden: bidder',
    'invalid: maximum.amount',
    'not_joined',
    'unauthenticated',
  ]);
});
