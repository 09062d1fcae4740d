import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { signIn } from '#cli/sign-in.ts';

// How the command asks an issuer that says what ours seldom does. What it does at ours: test/scenarios/sign-on.test.ts.

const START_MS = Date.UTC(2026, 2, 1);
type Answer = readonly [status: number, body: unknown];
let answers: Answer[] = [];
let questions: string[] = [];
let described: object = {};
const server = createServer(async (request, response) => {
  let body = '';
  for await (const piece of request) body += piece;
  questions.push(`${request.url} ${body}`);
  const [status, told] = request.url?.includes('.well-known')
    ? [200, described]
    : (answers.shift() ?? [500, '']);
  response.writeHead(status).end(JSON.stringify(told));
});
let at = '';
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => server.close());
const device = {
  device_code: 'd',
  user_code: 'ABCD-EFGH',
  verification_uri: 'https://id.example/open',
  expires_in: 60,
};

async function run(given: readonly Answer[], words: readonly string[] = ['--issuer', at], told: object = {}) {
  answers = [...given];
  questions = [];
  described = {
    ...{ issuer: at, device_authorization_endpoint: `${at}/device`, token_endpoint: `${at}/token` },
    ...told,
  };
  const waits: number[] = [];
  const [printed, said]: [string[], string[]] = [[], []];
  let nowMs = START_MS;
  const code = await signIn(words, {
    print: (line) => void printed.push(line),
    tell: (line) => void said.push(line),
    nowMs: () => nowMs,
    async wait(milliseconds) {
      waits.push(milliseconds);
      nowMs += milliseconds;
    },
  });
  return { code, printed, said: said.join('\n'), waits };
}
const no = (error: string): Answer => [400, { error }];
const tokens = { access_token: 't.o.k', token_type: 'Bearer', expires_in: 300 };

test('asks as seldom as it is told, more seldom where that is too often or nobody answers, and prints the token alone', async () => {
  const pending = no('authorization_pending');
  const broken: Answer = [200, undefined];
  const { code, printed, said, waits } = await run(
    [[200, device], pending, no('slow_down'), broken, [200, tokens]],
    ['--issuer', at, '--step-up', '--resource', 'https://api.example'],
  );
  assert.deepEqual([code, printed], [0, ['t.o.k']]);
  assert.deepEqual(waits, [5_000, 5_000, 10_000, 20_000]);
  assert.match(said, /\/open [\s\S]*ABCD-EFGH/);
  const asked = new URLSearchParams(questions[1]?.split(' ')[1]);
  assert.deepEqual(Object.fromEntries(asked), {
    ...{ client_id: 'annals-console', scope: 'openid' },
    ...{ resource: 'https://api.example', acr_values: 'urn:annals:stepped-up' },
  });
  const whole = await run(
    [
      [200, { ...device, interval: 1 }],
      [200, tokens],
    ],
    ['--issuer', at, '--json'],
  );
  const expiresAt = new Date(START_MS + 301_000).toISOString();
  assert.deepEqual(JSON.parse(whole.printed[0] ?? ''), { ...tokens, expires_at: expiresAt });
});

test('ends where nobody signs in, and says why it was refused', async () => {
  const pending = Array.from({ length: 60 }, () => no('authorization_pending'));
  const late = await run([[200, device], ...pending]);
  assert.deepEqual([late.code, late.printed, late.waits.length], [1, [], 12]);
  for (const [error, why] of [
    ['access_denied', /has said no/],
    ['expired_token', /in time/],
    ['invalid_grant', /used already/],
    ['server_error', /refused: server_error/],
  ] as const) {
    const { code, said } = await run([[200, device], no(error)]);
    assert.equal(code, 1);
    assert.match(said, why);
  }
});

test('trusts no issuer that is another one, sends its questions elsewhere, or writes on the terminal', async () => {
  const refused = async (why: RegExp, ...given: Parameters<typeof run>) =>
    assert.rejects(run(...given), (error: Error & { code?: string }) => {
      assert.match(error.message, why);
      return error.code === 'unavailable';
    });
  await refused(/another one/, [], undefined, { issuer: `${at}/` });
  await refused(/sends us to/, [], undefined, { token_endpoint: 'https://evil.example/token' });
  await refused(/by https/, [], ['--issuer', 'http://auctions.example/oidc']);
  await refused(/means nothing/, [[200, { ...device, user_code: '\u001b[2J' }]]);
  await refused(/invalid_client/, [no('invalid_client')]);
  await refused(/more than 65536 bytes/, [[200, 'x'.repeat(70_000)]]);
  for (const words of [[], ['--issuer', 'nowhere'], ['--issuer', at, 'more'], ['--fast']])
    assert.deepEqual([(await run([], words)).code, questions], [64, []]);
});
