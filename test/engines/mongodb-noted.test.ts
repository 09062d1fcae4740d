import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { projections } from '#cli/projections.ts';
import { registry, views } from '#compose/contexts.ts';
import { openWorkplace } from '#compose/workplace.ts';
import { readConfig } from '#config';
import { EXIT, exitCodeOf } from '#exit';
import { dataFolder } from '#test/support/booted.ts';
import { openWallet, signIn } from '#test/support/customer.ts';
import { startHere } from '#test/support/embedded.ts';
import type { OwnServer } from './mongo-server.ts';
import { ownMongodbFor } from './servers.ts';

// A platform moves from views.db to MongoDB: what is left in views.db looks like views, and nobody is to work on it unawares.

const server = await ownMongodbFor('which read store a command works on');
after(() => server?.end());

async function commanded(folder: string, readStore: string, words: string, whichever = false) {
  const lines: string[] = [];
  const work = await openWorkplace({
    ...{ folder, registry, views, print: (line) => lines.push(line), whicheverReadStore: whichever },
    readStore: readConfig({ READ_STORE: readStore }).readStore,
  });
  try {
    return { code: await projections(work, words.split(' ')), text: lines.join('\n') };
  } finally {
    await work.close();
  }
}

async function lived(folder: string, readStore: string, person: string): Promise<void> {
  const platform = await startHere({ DATA_DIR: folder, READ_STORE: readStore });
  try {
    const ann = await signIn(platform.url, person, ['bidder']);
    const token = String((await openWallet(ann, person)).body.token);
    await ann.query(`{ wallet(currency: "USD", atLeast: "${token}") { available } }`);
  } finally {
    await platform.stop();
  }
}

async function movedPlatform({ url }: OwnServer): Promise<void> {
  const folder = await dataFolder();
  const address = `mongodb://${new URL(url).host}/annals`;
  await lived(folder, 'sqlite:', 'ann');
  assert.equal((await commanded(folder, 'sqlite:', 'rebuild lots')).code, 0);
  await lived(folder, url, 'bob');
  const refused = (other: string, named: string) =>
    assert.rejects(commanded(folder, other, 'rebuild lots'), (error: Error) => {
      assert.match(error.message, /^READ_STORE cannot be used: .*--this-read-store\.$/);
      assert.ok(error.message.includes(`it names ${named}, `) && error.message.includes(` in ${address},`));
      assert.equal(exitCodeOf(error), EXIT.unusable);
      return true;
    });
  await refused('sqlite:', 'sqlite:');
  const empty = new URL(url);
  empty.pathname = '/annals-test-empty';
  await refused(empty.href, `mongodb://${empty.host}/annals-test-empty`);
  const { code, text } = await commanded(folder, empty.href, 'status', true);
  assert.deepEqual([code, /There is no view in mongodb:.*annals-test-empty/.test(text)], [1, true], text);
  assert.equal((await commanded(folder, 'sqlite:', 'status', true)).code, 0);

  const alias = url.replace('127.0.0.1', 'localhost').replace(/\?.*/, '?directConnection=true');
  for (const here of [url, alias]) {
    const verified = await commanded(folder, here, 'verify wallets');
    assert.equal(verified.code, 0, verified.text);
    assert.match(verified.text, /the read store mongodb:/);
  }
  // And back.
  await lived(folder, 'sqlite:', 'cyd');
  assert.equal((await commanded(folder, 'sqlite:', 'verify wallets')).code, 0);
  await assert.rejects(commanded(folder, url, 'status'), /keeps its read models in sqlite:,/);
}

if (server !== undefined)
  test('beside a platform that has moved, the command line works on its read store and on no other', () =>
    movedPlatform(server));
