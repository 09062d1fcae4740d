import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { after, test } from 'node:test';
import { EXIT } from '#exit';
import { dataFolder } from '#test/support/booted.ts';
import { compiled } from '#test/support/compiled.ts';
import { openWallet, signIn } from '#test/support/customer.ts';
import { startHere } from '#test/support/embedded.ts';
import type { OwnServer } from './mongo-server.ts';
import { ownMongodbFor } from './servers.ts';

// The command line as an operator has it, while its MongoDB goes away and once it is gone.

const root = resolve(import.meta.dirname, '../..');
const server = await ownMongodbFor('the command line without MongoDB');
after(() => server?.end());

/** @param told is handed what it has printed so far */
async function commanded(
  environment: Readonly<Record<string, string>>,
  words: readonly string[],
  told: (output: string) => void = () => undefined,
) {
  const cli = ['--disable-warning=ExperimentalWarning', 'cli/main.ts', 'projections'];
  const child = spawn(process.execPath, [...cli, ...words], {
    cwd: root,
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: compiled, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  after(() => void child.kill('SIGKILL'));
  const said = { output: '', errors: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    said.output += chunk.toString();
    told(said.output);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    said.errors += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...said };
}

async function goingAway({ url, signal }: OwnServer): Promise<void> {
  const folder = await dataFolder();
  const environment = { DATA_DIR: folder, READ_STORE: url };
  const platform = await startHere(environment);
  await openWallet(await signIn(platform.url, 'ann', ['bidder']), 'one');
  await platform.stop();
  const address = `mongodb://${new URL(url).host}/annals`;
  let isKilled = false;
  const midway = await commanded(environment, ['verify'], (output) => {
    // The first of many views has been compared.
    if (isKilled || !output.includes('Equal.')) return;
    isKilled = true;
    signal('SIGKILL');
  });
  assert.equal(isKilled, true, midway.output + midway.errors);
  const gone = await commanded(environment, ['status']);
  for (const { code, errors } of [midway, gone]) {
    assert.equal(code, EXIT.unavailable, errors);
    assert.match(errors, /^[^\n]+\n$/, 'in one line');
    assert.ok(errors.includes(`${address}: `), errors);
  }
}

if (server !== undefined)
  test('a command whose MongoDB goes away, or is gone, ends as unavailable, and says in one line which', () =>
    goingAway(server));
