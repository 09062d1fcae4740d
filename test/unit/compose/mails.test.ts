import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import express from 'express';
import { developmentOutbox } from '#compose/development-outbox.ts';
import { openMailer } from '#compose/mail.ts';
import { healthOfMails, sendMails } from '#compose/mails.ts';
import { readConfig } from '#config';
import { steadyClock } from '#engines/clock/steady.ts';
import { mailTo } from '#test/contracts/mail.suite.ts';
import { givenClub } from '#test/support/mails.ts';
import { authority, refusal, smtpServer } from '#test/support/smtp.ts';
import { until } from '#test/support/until.ts';

const ended: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0).toReversed()) await end();
});
function folderOf(): string {
  const folder = mkdtempSync(join(tmpdir(), 'annals-mail-'));
  ended.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
const clock = steadyClock();

test('by the settings mails go to a server, over TLS, as whom its file names, from the address that is set', async () => {
  const folder = folderOf();
  const at = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const to = await smtpServer({
    authOptional: false,
    onAuth: ({ username, password }, _session, done) =>
      username === 'key' && password === 'secret' ? done(null, { user: 1 }) : done(refusal(535, 'who?')),
  });
  ended.push(to.close);
  const config = readConfig({
    ...{ DATA_DIR: folder, MAIL: `smtp://127.0.0.1:${to.port}`, MAIL_FROM: 'no-reply@auctions.example' },
    MAIL_CREDENTIALS_FILE: at('mail.json', '{"username":"key","password":"secret"}'),
    MAIL_CA_FILE: at('ca.pem', authority()),
  });
  const { keys } = givenClub(join(folder, 'mails.db'));
  const { mailer, outbox, domain } = await openMailer(config, { keys, clock });
  ended.push(() => mailer.close());
  assert.deepEqual([outbox, domain], [undefined, 'auctions.example']);
  assert.deepEqual(await mailer.send(mailTo('ann'), new AbortController().signal), { outcome: 'done' });
  assert.deepEqual(
    to.taken.map(({ from, isSecure }) => [from, isSecure]),
    [['no-reply@auctions.example', true]],
  );
  assert.equal(mailer.standing().address, `smtp://127.0.0.1:${to.port}`);
});

test('where nothing is set they are kept, and development shows them', async () => {
  const folder = folderOf();
  const club = givenClub(join(folder, 'mails.db'));
  const { mailer, outbox } = await openMailer(readConfig({ DATA_DIR: folder }), { keys: club.keys, clock });
  const { options, close } = club.process(mailer);
  const mails = sendMails(options);
  const server = createServer(express().use(developmentOutbox(outbox))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ended.push(
    () => mailer.close(),
    close,
    () => mails.stop(),
    () => server.close(),
  );
  const shown = async () => {
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/dev/outbox`);
    return ((await answer.json()) as { readonly mails: readonly { readonly subject: string }[] }).mails;
  };
  assert.deepEqual(await shown(), []);
  await until(() => mails.status(), 'it has begun');
  await club.join('ann', { language: 'ru' });
  await until(() => mails.status()?.became.done === 1, 'it is kept');
  assert.deepEqual(
    (await shown()).map(({ subject }) => subject),
    ['Добро пожаловать, Name of ann'],
  );
  await club.keys.destroy('ann');
  assert.deepEqual(await shown(), []);
});

test('a file of mails that cannot be used is a problem of mails, and told; they go on when it can', async () => {
  const folder = folderOf();
  const file = join(folder, 'mails.db');
  writeFileSync(file, 'no database, and rather long for one '.repeat(100));
  const club = givenClub(file);
  const { options, close } = club.process({ send: async () => ({ outcome: 'refused', words: '550 no' }) });
  const mails = sendMails(options);
  ended.push(close, () => mails.stop());
  await until(() => mails.problem(), 'it is told');
  const { ready, spared, detail } = healthOfMails(mails);
  assert.deepEqual([ready, spared], [false, true], 'nobody is taken out of use for it');
  assert.match(String(detail), /mails\.db cannot be used: .*not a database/);
  rmSync(file);
  await until(() => mails.status(), 'it has begun');
  await club.join('ann');
  await until(() => mails.status()?.lastLaidAside, 'it is laid aside');
  await until(() => healthOfMails(mails).ready, 'nothing is wrong');
  assert.equal(healthOfMails(mails).detail, '1 laid aside; the last, of welcome: 550 no');
});
