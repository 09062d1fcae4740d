import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { test } from 'node:test';
import { boot, dataFolder } from '../support/booted.ts';
import { signIn } from '../support/customer.ts';

// What the README and the guides tell people to do is done here, literally.

const root = resolve(import.meta.dirname, '../..');
const pages = await Promise.all(
  ['README.md', 'docs/guides/reading.md'].map((path) => readFile(join(root, path), 'utf8')),
);
const told = pages.join('\n');

/** The code of a section, by its language. */
function blocks(heading: string, language: string): readonly string[] {
  const [, section = ''] = told.split(`\n## ${heading}\n`);
  const [own = ''] = section.split('\n## ');
  return [...own.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, code = '']) => code,
  );
}

for (const [index, name] of ['graphql-ws', 'apollo'].entries())
  test(`the lines for ${name} are those that are tested`, async () => {
    const tested = await readFile(join(root, `test/support/clients/${name}.ts`), 'utf8');
    assert.equal(
      blocks('Following a feed', 'ts')[index],
      tested,
      'copy the file into docs/guides/reading.md',
    );
  });

// Machines without curl run the README's lines too: it is stood in for by as much of it as they use.
const CURL = `#!/usr/bin/env node
const { parseArgs } = require('node:util');
const { values, positionals: [address] } = parseArgs({ allowPositionals: true, options: {
  s: { type: 'boolean', short: 's' }, G: { type: 'boolean', short: 'G' }, H: { type: 'string', short: 'H', multiple: true },
  d: { type: 'string', short: 'd' }, 'data-urlencode': { type: 'string' },
} });
const headers = Object.fromEntries((values.H ?? []).map((line) => line.split(/: (.*)/s).slice(0, 2)));
const url = new URL(address);
const [name, value] = (values['data-urlencode'] ?? '').split(/=(.*)/s);
if (name) url.searchParams.set(name, value);
const body = values.d;
const form = { 'content-type': 'application/x-www-form-urlencoded' };
fetch(url, body === undefined ? { headers } : { method: 'POST', body, headers: { ...form, ...headers } })
  .then((response) => response.text()).then((text) => process.stdout.write(text));
`;

test('its first auction goes as it says', async () => {
  const folder = await dataFolder();
  const platform = boot({ DATA_DIR: join(folder, 'data') });
  const address = await platform.address();
  const bin = join(folder, 'curl');
  await writeFile(bin, CURL);
  await chmod(bin, 0o755);
  await symlink(process.execPath, join(folder, 'node'));
  const [script = ''] = blocks('A first auction', 'sh');
  const shell = spawn(
    'bash',
    ['-euo', 'pipefail', '-c', script.replaceAll('http://127.0.0.1:4000', address)],
    {
      env: { PATH: `${folder}${delimiter}${process.env.PATH}` },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let text = '';
  for (const stream of [shell.stdout, shell.stderr])
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  const [code] = (await once(shell, 'close')) as [number];
  assert.equal(code, 0, text);
  assert.doesNotMatch(text, /"outcome":"(rejected|pending)"|"code":/);
  assert.deepEqual(
    text
      .trimEnd()
      .split('\n')
      .slice(-3)
      .map((line) => JSON.parse(line).data),
    [
      { auction: { leader: 'ann', price: { amount: '10250' }, smallestBid: { amount: '10500' }, bids: 2 } },
      { wallet: { available: '30475', held: '19525' } },
      {
        ledger: {
          ...{ available: '80475', held: '19525', clearing: '0', platform: '0', providers: '-100000' },
          total: '0',
        },
      },
    ],
  );
  // Whoever bids is told by either edge whether that leads.
  assert.match(text, /"type":"BidAccepted".*"leads":true/);
  const bid = async (who: string, amount: string) => {
    const query = `mutation { placeBid(auctionId: "clock", maximum: { amount: "${amount}", currency: "USD" }) { ... on Accepted { leads } } }`;
    const bidder = await signIn(address, who, ['bidder']);
    return (await bidder.query(query)).body.data;
  };
  assert.deepEqual(await bid('bob', '12000'), { placeBid: { leads: false } });
  assert.deepEqual(await bid('ann', '18000'), { placeBid: { leads: true } });
  platform.kill('SIGTERM');
  assert.equal(await platform.exited, 0, platform.output());
});
