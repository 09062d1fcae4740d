import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

// The real entry point, as a person starts it: its own process, its own folder, any free port.

const root = resolve(import.meta.dirname, '../..');
const dataDir = await mkdtemp(join(tmpdir(), 'annals-boot-'));
after(() => rm(dataDir, { recursive: true, force: true }));

function start(environment: Record<string, string>) {
  const child = spawn('node', ['start.js'], {
    cwd: root,
    env: { PATH: process.env.PATH, DATA_DIR: dataDir, PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  after(() => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  return { child, exited, output: () => output };
}

/** The address as the platform prints it once it listens. */
async function addressOf(platform: ReturnType<typeof start>): Promise<string> {
  for (let tries = 0; tries < 600; tries++) {
    const [address] = /http:\/\/127\.0\.0\.1:\d+/.exec(platform.output()) ?? [];
    if (address !== undefined && (await fetch(`${address}/health/ready`).catch(() => undefined))?.ok === true)
      return address;
    if (platform.child.exitCode !== null) break;
    await pause(50);
  }
  return assert.fail(`it did not become ready:\n${platform.output()}`);
}

async function json(url: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test('it starts, answers by REST and by GraphQL, remembers across a restart, and stops when asked', async () => {
  const first = start({});
  const address = await addressOf(first);
  const issued = await json(`${address}/dev/tokens`, { sub: 'ann', roles: ['bidder'] });
  assert.equal(issued.status, 201);
  const headers = { Authorization: `Bearer ${issued.body.token}`, 'Idempotency-Key': 'open-1' };
  const opened = await json(`${address}/commands/wallets/open-wallet`, { currency: 'USD' }, headers);
  assert.deepEqual([opened.status, opened.body.outcome], [200, 'accepted'], JSON.stringify(opened.body));
  const query = {
    query: '{ __schema { queryType { name } mutationType { name } subscriptionType { name } } }',
  };
  const asked = await json(`${address}/graphql`, query, headers);
  assert.equal(asked.status, 200);
  assert.equal(asked.body.errors, undefined, JSON.stringify(asked.body));
  first.child.kill('SIGTERM');
  assert.equal(await first.exited, 0, first.output());

  const second = start({});
  const again = await addressOf(second);
  const repeated = await json(`${again}/commands/wallets/open-wallet`, { currency: 'USD' }, headers);
  assert.deepEqual(repeated, opened, 'the same id gets the first answer, also with the token of before');
  second.child.kill('SIGINT');
  assert.equal(await second.exited, 0, second.output());
});

test('an environment that cannot work is refused with every reason, and nothing is started', async () => {
  const refused = start({ NODE_ENV: 'production', DEV_TOKENS: 'true', PORT: '0' });
  assert.equal(await refused.exited, 78, 'sysexits(3): a configuration error');
  assert.match(refused.output(), /DEV_TOKENS[\s\S]*TOKEN_KEY_FILE[\s\S]*WEBHOOK_SECRET/);
});
