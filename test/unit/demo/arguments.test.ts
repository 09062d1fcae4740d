import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { resolve } from 'node:path';
import { test } from 'node:test';

// Whoever asks a program of ours wrongly is told what is wrong, by a code that a script can tell from a failure.

const root = resolve(import.meta.dirname, '../../..');

async function run(...words: readonly string[]) {
  const child = spawn(process.execPath, ['start.js', ...words], {
    cwd: root,
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  const [code] = (await once(child, 'close')) as [number];
  assert.doesNotMatch(said, /\n {4}at /, 'a trace is for mistakes of ours');
  return { code, said };
}

const demo = 'demo/main.ts';
const wishes: readonly (readonly [words: readonly string[], code: number, says: RegExp])[] = [
  [[demo, '--help'], 0, /--file FILE[\s\S]*Exit codes/],
  [[demo, '--speed', 'fast'], 64, /--speed[\s\S]*npm run demo/],
  [[demo, '--url', 'nowhere'], 64, /--url nowhere is no address/],
  [[demo, '--file', 'none.csv'], 64, /none.csv cannot be read/],
  [[demo, '--file', 'package.json'], 65, /package.json cannot be read/],
  [['--help'], 0, /--role ROLES[\s\S]*publisher[\s\S]*operating\.md[\s\S]*Exit codes/],
  [['--everything'], 64, /--everything[\s\S]*npm start/],
  [['cli/main.ts', '--help'], 0, /Exit codes/],
  [['cli/main.ts', 'everything'], 64, /npm run cli/],
  [['cli/main.ts', 'sign-in'], 64, /--issuer/],
  [['cli/main.ts', '--fast'], 64, /--fast[\s\S]*npm run cli/],
];
for (const [words, expected, says] of wishes)
  test(`${words.join(' ')} ends with ${expected} and says why`, async () => {
    const { code, said } = await run(...words);
    assert.equal(code, expected, said);
    assert.match(said, says);
  });

test('a platform that is not there is not waited for', async () => {
  const server = createServer((_, response) => response.writeHead(404).end());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const url = `http://127.0.0.1:${address.port}`;
  const other = await run(demo, '--url', url);
  assert.deepEqual([other.code, /answers 404/.test(other.said)], [69, true], other.said);
  server.close();
  server.closeAllConnections();
  const nobody = await run(demo, '--url', url);
  assert.deepEqual([nobody.code, /There is no platform at/.test(nobody.said)], [69, true], nobody.said);
});
