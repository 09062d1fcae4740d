import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import type { Mail, Mailer, MailOutcome } from '#domain/kernel/ports/mail.ts';
import { systemClock } from '#engines/clock/system.ts';
import { smtpMailer } from '#engines/mail/smtp.ts';
import { givenClub } from '#test/support/mails.ts';
import { authority, type Receiving, refusal, smtpServer } from '#test/support/smtp.ts';
import { until } from '#test/support/until.ts';

const ended: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0).toReversed()) await end();
});

async function world() {
  const folder = await mkdtemp(join(tmpdir(), 'annals-mails-'));
  ended.push(() => rm(folder, { recursive: true, force: true }));
  const club = givenClub(join(folder, 'mails.db'));
  return {
    ...club,
    folder,
    async start(...given: Parameters<typeof club.process>) {
      const made = await club.start(...given);
      let stopped: Promise<void> | undefined;
      const stop = () => (stopped ??= made.stop());
      ended.push(stop);
      return { ...made, stop };
    },
  };
}

async function server(receives: Receiving = () => undefined, more: Parameters<typeof smtpServer>[0] = {}) {
  const to = await smtpServer({ receives, ...more });
  ended.push(to.close);
  const { port } = to;
  const mailer = smtpMailer({
    ...{ host: '127.0.0.1', port, tls: 'starttls', authority: authority(), credentials: undefined },
    ...{ address: `smtp://127.0.0.1:${port}`, from: 'no-reply@auctions.example', clock: systemClock() },
    name: undefined,
  });
  ended.push(() => mailer.close());
  return { ...to, mailer };
}

/** A mailer of which each answer is chosen, for what no server does on purpose. */
function answering(answer: (mail: Mail, times: number) => MailOutcome | Promise<MailOutcome>) {
  const sent: Mail[] = [];
  const mailer: Pick<Mailer, 'send'> = {
    async send(mail) {
      sent.push(mail);
      return answer(mail, sent.filter(({ messageId }) => messageId === mail.messageId).length);
    },
  };
  return { sent, mailer };
}
const done: MailOutcome = { outcome: 'done' };
const recipients = (mails: readonly { readonly to: readonly string[] }[]) => mails.map(({ to: [to] }) => to);

test('an event is told to whom it names, once, opened and in their language, with a link that we know again', async () => {
  const club = await world();
  const { taken, mailer } = await server();
  const mails = await club.start(mailer);
  await club.join('ann', { name: 'Ann <b>O’Hara</b>', language: 'fr' });
  const mail = await until(() => taken[0], 'the mail');
  assert.deepEqual(mail.to, ['ann@mail.example']);
  const [stored] = await club.store.readStream('member-ann', { limit: 1 });
  const mac = club.keys.nameOf('link', stored?.eventId ?? '');
  const body = mail.text.replaceAll(/=\r\n/g, '').replaceAll('=3D', '=');
  assert.ok(body.includes(`https://auctions.example/verify?event=${stored?.eventId}&mac=${mac}`), mail.text);
  assert.match(mail.messageId, /^[0-9a-f-]{36}@auctions\.example$/);
  assert.doesNotMatch(mail.text.split('Content-Type: text/html')[1] ?? '<b>', /<b>/);
  await until(() => mails.status().became.done === 1, 'it is written down');
  await until(() => mails.status().waiting === 0 && mails.status().ended.done === 1, 'and told');
});

test('a replay, a rebuild and a restart send nothing again', async () => {
  const club = await world();
  const { taken, mailer } = await server();
  const first = await club.start(mailer);
  for (const person of ['ann', 'bob']) await club.join(person);
  await until(() => first.status().became.done === 2, 'both are sent');
  await first.stop();
  club.loseReadStore();
  const second = await club.start(mailer);
  await club.join('cleo');
  await until(() => second.status().became.done === 1, 'the third is sent');
  assert.deepEqual(
    recipients(taken).sort(),
    ['ann', 'bob', 'cleo'].map((one) => `${one}@mail.example`),
  );
  // The file of the mails is lost, and checkpoints with it: nobody is written to about what has been.
  await second.stop();
  for (const name of await readdir(club.folder)) await rm(join(club.folder, name));
  club.loseReadStore();
  const third = await club.start(mailer);
  await club.join('dora');
  await until(() => third.status().became.done === 1, 'the fourth is sent');
  assert.equal(taken.length, 4);
});

test('what was taken and not yet read when the file of the mails is lost is sent all the same, by the checkpoint', async () => {
  const club = await world();
  const { sent, mailer } = answering(() => done);
  const first = await club.start(mailer);
  await club.join('ann');
  await until(() => first.status().became.done === 1, 'the first is sent');
  await first.stop();
  await club.join('bob');
  for (const name of await readdir(club.folder)) await rm(join(club.folder, name));
  const second = await club.start(mailer);
  await until(() => second.status().became.done === 1, 'the second is sent');
  assert.deepEqual(
    sent.map(({ person }) => person),
    ['ann', 'bob'],
  );
});

test('killed between the server’s yes and our record, it is sent again under the same id, and counted', async () => {
  const club = await world();
  const { taken, mailer } = await server();
  const abandoned = Promise.withResolvers<void>();
  // The first process never learns what the server has said.
  const killed = await club.start(
    {
      async send(mail, signal) {
        await mailer.send(mail, signal);
        abandoned.resolve();
        return new Promise(() => undefined);
      },
    },
    { limits: { patienceMs: 60_000, graceMs: 50 } },
  );
  await club.join('ann');
  await abandoned.promise;
  const next = await club.start(mailer);
  await until(() => next.status().became.done === 1, 'it is sent again');
  assert.equal(taken.length, 2);
  const [one, other] = taken;
  assert.equal(one?.messageId, other?.messageId);
  assert.equal(one?.text, other?.text, 'the same bytes');
  assert.equal(next.status().sentAgain, 1);
  assert.equal(killed.status().became.done, 0);
  // Whoever comes back from the dead sends nothing any more.
  await club.join('bob');
  await until(() => taken.length === 3, 'bob is written to');
  await until(() => next.status().became.done === 2, 'by the other');
});

test('killed before it is sent it was not sent, and is not counted', async () => {
  const club = await world();
  const { sent, mailer } = answering(() => done);
  const away = answering(() => ({ outcome: 'later', words: 'away' }));
  const first = await club.start(away.mailer, { limits: { firstPauseMs: 60_000 } });
  await club.join('ann');
  await until(() => away.sent.length === 1, 'it is tried');
  await until(async () => first.status().waiting === 1, 'and waits');
  await first.stop();
  const second = await club.start(mailer, { limits: { triedForMs: 60_000 } });
  assert.equal(second.status().waiting, 1);
  await second.stop();
  assert.equal(second.status().sentAgain, 0);
  assert.deepEqual(sent, [], 'its pause is not over');
});

test('an outcome that nobody knows is sent again under the same id, and counted', async () => {
  const club = await world();
  let breaks = true;
  const { taken, mailer } = await server((_mail, cut) => {
    if (breaks) cut();
    breaks = false;
    return undefined;
  });
  const mails = await club.start(mailer);
  await club.join('ann');
  await until(() => mails.status().became.done === 1, 'it is sent in the end');
  assert.equal(mails.status().sentAgain, 1);
  assert.deepEqual(new Set(taken.map(({ messageId }) => messageId)).size, 1);
});

test('one that waits holds up nobody else, and of each person the order is kept', async () => {
  const club = await world();
  let isAway = true;
  const { sent, mailer } = answering(({ person }) =>
    person === 'ann' && isAway ? { outcome: 'later', words: '451 busy' } : done,
  );
  const mails = await club.start(mailer);
  await club.join('ann');
  for (const id of ['w1', 'w2']) await club.wave('ann', id);
  for (const person of ['bob', 'cleo', 'dora', 'emil', 'finn', 'gaia']) await club.join(person);
  await until(() => mails.status().became.done === 6, 'the others are sent');
  const ofAnn = () => sent.filter(({ person }) => person === 'ann');
  await until(() => ofAnn().length > 2, 'hers is tried again');
  assert.deepEqual(new Set(ofAnn().map(({ messageId }) => messageId)).size, 1, 'and nothing behind it');
  isAway = false;
  await until(() => mails.status().became.done === 9, 'hers are sent, too');
  assert.deepEqual(
    ofAnn()
      .map(({ subject }) => subject)
      .slice(-3),
    ['Welcome, Name of ann', 'Hello 1', 'Hello 2'],
  );
  assert.equal(mails.status().sentAgain, 0, 'what was not taken is not sent again');
});

test('what a server refuses for good is laid aside with its words, without the address, and later mails go on', async () => {
  const club = await world();
  const { taken, mailer } = await server(undefined, {
    onRcptTo: ({ address }, _session, answer) =>
      answer(address.startsWith('gone') ? refusal(550, `no ${address} here`) : null),
  });
  const told: string[] = [];
  const log = {
    info() {},
    error() {},
    warn: (details: object, message: string) => void told.push(JSON.stringify([details, message])),
  };
  const mails = await club.start(mailer, { log });
  await club.join('gone');
  await club.join('bob');
  await until(
    () => mails.status().became.refused === 1 && mails.status().became.done === 1,
    'both have ended',
  );
  await until(() => mails.status().lastLaidAside !== undefined, 'it is shown');
  assert.deepEqual(mails.status().lastLaidAside, {
    template: 'welcome',
    words: '550: the mailbox is not to be had',
  });
  assert.match(told.join(), /a mail is laid aside/);
  assert.doesNotMatch(told.join(), /mail\.example|Name of/);
  assert.deepEqual(recipients(taken), ['bob@mail.example']);
});

test('nobody who has been erased is written to, also where the mail waits already', async () => {
  const club = await world();
  let isAway = true;
  const { sent, mailer } = answering(() => (isAway ? { outcome: 'later', words: 'away' } : done));
  const mails = await club.start(mailer);
  for (const person of ['ann', 'bob']) await club.join(person);
  await until(() => new Set(sent.map(({ person }) => person)).size === 2, 'both are tried');
  await club.keys.destroy('ann');
  const before = sent.filter(({ person }) => person === 'ann').length;
  isAway = false;
  await until(
    () => mails.status().became.erased === 1 && mails.status().became.done === 1,
    'both have ended',
  );
  assert.ok(
    sent.filter(({ person }) => person === 'ann').length <= before + 1,
    'one may have been on its way',
  );
  await mails.stop();
  // Of either of them the file has no byte that says who they are.
  for (const name of await readdir(club.folder))
    assert.doesNotMatch(
      (await readFile(join(club.folder, name))).toString('latin1'),
      /mail\.example|Name of/,
    );
});

test('what cannot be written, or would be another mail, is laid aside and sent by nobody', async () => {
  const club = await world();
  const { taken, mailer } = await server();
  const mails = await club.start(mailer);
  await club.join('ann', { address: 'ann@mail.example\r\nRCPT TO:<eve@evil.example>' });
  await club.join('bob', { address: 'Bob <bob@mail.example>' });
  await club.join('cleo', { name: 'Cleo\nBcc: eve@evil.example\n\n<script>' });
  await until(
    () => mails.status().became.refused === 2 && mails.status().became.done === 1,
    'all have ended',
  );
  await until(() => mails.status().lastLaidAside !== undefined, 'it is shown');
  assert.match(mails.status().lastLaidAside?.words ?? '', /^no mail: to: one address/);
  assert.deepEqual(recipients(taken), ['cleo@mail.example']);
  const [head = ''] = (taken[0]?.text ?? '').split('\r\n\r\n');
  assert.doesNotMatch(head, /^Bcc:/m);
  assert.doesNotMatch(taken[0]?.text ?? '', /<script>\s*<\/p>/);
});

test('it is not tried for ever: one that no server takes in its time is given up, and shown', async () => {
  const club = await world();
  const { mailer } = answering(() => ({ outcome: 'later', words: '451 busy' }));
  const mails = await club.start(mailer, {
    limits: { firstPauseMs: 20, longestPauseMs: 20, triedForMs: 100 },
  });
  await club.join('ann');
  await until(() => mails.status().became.late === 1, 'it is given up');
  await until(() => mails.status().lastLaidAside !== undefined, 'it is shown');
  assert.match(JSON.stringify(mails.status().lastLaidAside), /tried for too long/);
});

test('a mailer that never answers, or fails, leaves an outcome that nobody knows, and others go on', async () => {
  const club = await world();
  const { sent, mailer } = answering(({ person }, times) => {
    if (times > 1 || person === 'cleo') return done;
    if (person === 'bob') throw new Error('a mistake');
    return new Promise<MailOutcome>(() => undefined);
  });
  const mails = await club.start(mailer, { limits: { patienceMs: 100, firstPauseMs: 20 } });
  for (const person of ['ann', 'bob', 'cleo']) await club.join(person);
  await until(() => mails.status().became.done === 3, 'all are sent');
  assert.equal(mails.status().sentAgain, 2);
  assert.equal(sent.length, 5);
});
