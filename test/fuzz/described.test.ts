import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { openDoor } from '../bad-input/door.ts';
import { type Asked, describedBy, descriptionAt } from '../support/described.ts';
import { type Person, people } from '../support/inhabited.ts';
import { requestsBy } from './described.ts';

// The published description and the port agree: whatever fits the one is never refused for its form by the other, whatever does
// not always is, and each answer is such as was described.

const RUNS = 20;
const SEED = 12;

const door = await openDoor();
const { url, sessions } = door.inhabited;
const description = await descriptionAt(url);
const requests = requestsBy(description);

interface Heard {
  readonly status: number;
  readonly code: string | undefined;
}

/** Whoever may send it; for what is no command it does not matter. */
function sender({ description: about }: Asked): Person {
  const names = Object.keys(people) as readonly Person[];
  const roles = about.match(/roles: (.*)\./)?.[1]?.split(', ') ?? [];
  return names.find((name) => people[name].some((role) => roles.includes(role))) ?? 'ann';
}

/** Sends a body, and judges whatever comes back by the description. */
async function send(
  asked: Asked,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Heard> {
  const { authorization } = sessions[sender(asked)];
  const response = await fetch(url + asked.path, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  const answer = {
    status: response.status,
    body: text === '' ? undefined : (JSON.parse(text) as unknown),
    header: (name: string) => response.headers.get(name),
  };
  const problem = description.answerProblem('post', asked.path, answer);
  assert.equal(problem, undefined, `${answer.status} ${JSON.stringify(answer.body).slice(0, 300)}`);
  const { code } = (answer.body ?? {}) as { readonly code?: string };
  return { status: answer.status, code };
}

/** A notice is believed for its signature before it is read at all. */
const operations = description.operations.filter(({ path }) => !path.startsWith('/webhooks/'));
const settings = { numRuns: RUNS, seed: SEED } as const;

/** What is done of it by whoever asks takes as long as all that falls due until then, and is done to everybody else. */
const movesTime = ({ path }: Asked): boolean => path === '/dev/clock';

for (const asked of operations)
  test(`${asked.operationId}: what does not fit is refused for its form`, () =>
    fc.assert(
      fc.asyncProperty(requests.unfit(asked.body), async (body) => {
        assert.deepEqual(await send(asked, body), { status: 400, code: 'invalid' });
      }),
      settings,
    ));

for (const asked of operations.filter((each) => !movesTime(each))) {
  test(`${asked.operationId}: what fits the description is not refused for its form`, () =>
    fc.assert(
      fc.asyncProperty(requests.fitting(asked.body), async (body) => {
        const { status, code } = await send(asked, body);
        assert.ok(status !== 400 && code !== 'invalid', `${status} ${code}`);
      }),
      settings,
    ));
  test(`${asked.operationId}: the longest request that fits is not too long`, async () => {
    const { code } = await send(asked, requests.longest(asked.body));
    assert.notEqual(code, 'invalid');
  });
}

const [sale] = operations;
assert.ok(sale);
const body = { saleId: 'spring' };
const publish = operations.find(({ operationId }) => operationId === 'PublishSale') ?? sale;
const key = description.parameter('Idempotency-Key');
test('a key that fits the description names the command, and one that does not is refused', async () => {
  const named = (value: string) => send(publish, body, { 'idempotency-key': value });
  await fc.assert(
    fc.asyncProperty(requests.fitting(key), async (value) => {
      assert.notEqual((await named(String(value))).status, 400);
    }),
    settings,
  );
  for (const value of [
    '',
    '""',
    '"a',
    'a"',
    '"a"b',
    'a b',
    '\u00ff',
    'x'.repeat(65),
    `"${'x'.repeat(65)}"`,
  ]) {
    assert.ok(description.misfit(key, value) !== undefined, value);
    assert.deepEqual(await named(value), { status: 400, code: 'invalid' }, value);
  }
});

// A test that cannot fail proves nothing: descriptions that promise something else than the port does are found out.
const planted: readonly (readonly [what: string, operationId: string, from: string, to: string])[] = [
  ['a longer text', 'CancelSale', '"maxLength":500', '"maxLength":600'],
  ['a text that says nothing', 'CancelSale', '[^\\\\u0000-\\\\u001f\\\\u007f-\\\\u009f\\\\t', '[\\\\t'],
  ['another currency', 'OpenWallet', '[A-Z]{3}', '[A-Za-z]{3}'],
  ['another number', 'ScheduleSale', '"maximum":10000}', '"maximum":100000}'],
  ['fields that nobody hears', 'PlaceBid', '"additionalProperties":false', '"additionalProperties":true'],
  [
    'a field that is not needed',
    'PlaceBid',
    '"required":["auctionId","maximum"]',
    '"required":["auctionId"]',
  ],
];
for (const [what, operationId, from, to] of planted)
  test(`a description is found out that promises ${what}`, async () => {
    const text = JSON.stringify(await (await fetch(`${url}/openapi.json`)).json());
    assert.ok(text.includes(from), from);
    const lie = describedBy(JSON.parse(text.replaceAll(from, to)));
    const asked = lie.operations.find((each) => each.operationId === operationId);
    assert.ok(asked);
    const { fitting, unfit } = requestsBy(lie);
    const agree = async (made: fc.Arbitrary<unknown>, fits: boolean) => {
      const found = await fc.check(
        fc.asyncProperty(made, async (value) => {
          const { status } = await send(asked, value);
          return (status !== 400) === fits;
        }),
        { numRuns: 60, seed: SEED, endOnFailure: true },
      );
      return !found.failed;
    };
    assert.ok(!((await agree(fitting(asked.body), true)) && (await agree(unfit(asked.body), false))));
  });
