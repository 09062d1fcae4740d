import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { settings } from '#config';
import { boot, startJs } from '#test/support/booted.ts';
import { buildsOf } from './dockerfile.ts';
import { layOut, NOBODY } from './image.ts';
import { lint, ruleNames } from './lint.ts';

const root = resolve(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'Dockerfile'), 'utf8');

test('the Dockerfile keeps to the rules, and each of them can be broken', () => {
  assert.deepEqual(lint(text), []);
  const breaches: Readonly<Record<string, string>> = {
    DL3000: 'FROM a:1\nWORKDIR here\nUSER a',
    DL3002: 'FROM a:1\nUSER node\nFROM b:1',
    DL3003: 'FROM a:1\nRUN cd /x && ls\nUSER a',
    DL3004: 'FROM a:1\nRUN sudo ls\nUSER a',
    DL3006: 'FROM a\nUSER a',
    DL3007: 'FROM a:latest\nUSER a',
    DL3008: 'FROM a:1\nRUN apt-get install -y curl\nUSER a',
    DL3009: 'FROM a:1\nRUN apt-get update\nUSER a',
    DL3011: 'FROM a:1\nEXPOSE 70000\nUSER a',
    DL3012: 'FROM a:1\nHEALTHCHECK CMD ["a"]\nHEALTHCHECK CMD ["b"]\nUSER a',
    DL3016: 'FROM a:1\nRUN npm install express\nUSER a',
    DL3020: 'FROM a:1\nADD x /x\nUSER a',
    DL3021: 'FROM a:1\nCOPY x y /z\nUSER a',
    DL3022: 'FROM a:1\nCOPY --from=b /x /x\nUSER a',
    DL3024: 'FROM a:1 AS b\nFROM c:1 AS b\nUSER a',
    DL3025: 'FROM a:1\nENTRYPOINT node main.ts\nUSER a',
    DL3045: 'FROM a:1\nCOPY x x\nUSER a',
    DL3059: 'FROM a:1\nRUN ls\nRUN ls\nUSER a',
    DL4000: 'FROM a:1\nMAINTAINER me\nUSER a',
    DL4003: 'FROM a:1\nCMD ["a"]\nCMD ["b"]\nUSER a',
    DL4004: 'FROM a:1\nENTRYPOINT ["a"]\nENTRYPOINT ["b"]\nUSER a',
    DL4006: 'FROM a:1\nRUN ls | cat\nUSER a',
  };
  for (const name of ruleNames) {
    const [code = ''] = name.split(' ');
    assert.deepEqual(lint(breaches[code] ?? ''), [name]);
  }
});

test('it runs the Node that the project pins, and sets what the platform knows', () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const { image } of buildsOf(join(root, 'Dockerfile')))
    assert.match(image, new RegExp(`^node:${dependencies.node}-`));
  const known = new Set([...settings, 'NODE_ENV']);
  const set = [...text.matchAll(/^ENV (.+)$/gm)].flatMap(([, pairs = '']) =>
    pairs.split(' ').map((pair) => pair.split('=')[0]),
  );
  assert.deepEqual(
    set.filter((name) => !known.has(name ?? '')),
    [],
  );
});

test('its file tree starts as somebody without rights, writes where it may, and stops when asked', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'annals-image-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  const image = layOut('Dockerfile', root, folder);
  assert.equal(image.user, 'node');
  // The image's own Node, where nobody can be kept from it.
  const node = join(image.root, 'usr/local/bin/node');
  mkdirSync(dirname(node), { recursive: true });
  copyFileSync(process.execPath, node);
  const asNobody = process.getuid?.() === 0;
  const user = asNobody ? ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] : [];
  const dataDir = join(image.root, 'annals-data');
  if (!asNobody) chownSync(dataDir, process.getuid?.() ?? 0, process.getgid?.() ?? 0);
  const environment = {
    ...image.environment,
    DATA_DIR: dataDir,
    HOST: '127.0.0.1',
    PORT: '0',
    NODE_ENV: 'development',
  };
  const platform = boot(environment, [...user, node, startJs(image.workdir)], image.workdir);
  const { port } = new URL(await platform.address());
  const healthy = (at: string) =>
    promisify(execFile)(node, [join(image.workdir, 'deploy/healthy.js'), at]).then(
      () => 0,
      ({ code }: { code: number }) => code,
    );
  assert.deepEqual([await healthy(port), await healthy('1')], [0, 1]);
  if (asNobody)
    assert.notEqual(statSync(join(image.workdir, 'main.ts')).uid, NOBODY, 'code is nobody’s to change');
  platform.kill('SIGTERM');
  assert.equal(await platform.exited, 0, platform.output());
});
