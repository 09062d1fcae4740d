import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { temporaryPersonKeys } from '#compose/person-keys.ts';
import { systemClock } from '#engines/clock/system.ts';
import { outbox } from '#engines/mail/outbox.ts';
import { type SmtpOptions, smtpMailer } from '#engines/mail/smtp.ts';
import { authority, oddServer, refusal, smtpServer } from '#test/support/smtp.ts';
import { until } from '#test/support/until.ts';
import { mailSuite, mailTo } from './mail.suite.ts';

const clock = systemClock();
const { signal } = new AbortController();
const closing: (() => Promise<unknown>)[] = [];
after(async () => {
  for (const close of closing.toReversed()) await close();
});

function mailer(port: number, more: Partial<SmtpOptions> = {}) {
  const made = smtpMailer({
    ...{ host: '127.0.0.1', port, tls: 'starttls', authority: authority(), credentials: undefined },
    ...{ address: `smtp://127.0.0.1:${port}`, from: 'no-reply@auctions.example', name: undefined, clock },
    ...more,
  });
  closing.push(() => made.close());
  return made;
}
async function server(given: Parameters<typeof smtpServer>[0] = {}) {
  const made = await smtpServer(given);
  closing.push(made.close);
  return made;
}
async function odd(meets: Parameters<typeof oddServer>[0]) {
  const made = await oddServer(meets);
  closing.push(made.close);
  return made;
}

mailSuite('smtp', async () => {
  const to = await smtpServer();
  const made = mailer(to.port);
  return { mailer: made, sent: async () => to.taken.map(({ messageId }) => messageId), close: to.close };
});
mailSuite('outbox', async () => {
  const made = outbox({ file: ':memory:', keys: temporaryPersonKeys(), now: () => clock.now() });
  const sent = async () => (await made.kept()).map(({ messageId }) => messageId).toReversed();
  return { mailer: made, sent, close: made.close };
});

describe('mails by smtp', () => {
  it('arrive encrypted, as they were written, the same bytes each time, over connections that are used again', async () => {
    const to = await server();
    const made = mailer(to.port);
    for (let times = 0; times < 2; times++)
      assert.deepEqual(await made.send(mailTo('ann'), signal), { outcome: 'done' });
    const [first, second] = to.taken;
    assert.ok(first && second);
    assert.equal(to.connections(), 1);
    assert.equal(first.text, second.text);
    assert.deepEqual(
      [first.from, first.to, first.isSecure],
      ['no-reply@auctions.example', ['ann@mail.example'], true],
    );
    for (const header of [
      /^Message-ID: <ann-1@auctions\.example>\r$/m,
      /^From: no-reply@auctions\.example\r$/m,
      /^To: ann@mail\.example\r$/m,
      /^Date: Sun, 01 Mar 2026 12:00:00 \+0000\r$/m,
      /^Auto-Submitted: auto-generated\r$/m,
      /^Content-Language: fr\r$/m,
      /^Subject: =\?UTF-8\?/m,
      /^Content-Type: text\/plain; charset=utf-8\r$/m,
      /^Content-Type: text\/html; charset=utf-8\r$/m,
    ])
      assert.match(first.text, header);
    assert.match(first.text, /\r\n\.\r\n\.\.une ligne\r\n/, 'a line of a dot ends nothing');
  });

  it('come from the house by its name, whatever stands in it, where it has one', async () => {
    const to = await server();
    const made = mailer(to.port, { fromName: 'Vente "& Fils" <x@evil.example>, été' });
    assert.deepEqual(await made.send(mailTo('ann'), signal), { outcome: 'done' });
    const [{ from, text } = assert.fail()] = to.taken;
    assert.equal(from, 'no-reply@auctions.example');
    assert.match(text, /^From: =\?UTF-8\?[^<]*(?:\r\n [^<]*)*<no-reply@auctions\.example>\r$/m);
  });

  it('are handed over by a machine that says who it is', async () => {
    const names: string[] = [];
    const to = await server({
      onMailFrom(_from, { hostNameAppearsAs }, done) {
        names.push(hostNameAppearsAs);
        done();
      },
    });
    assert.deepEqual(await mailer(to.port, { name: 'out.auctions.example' }).send(mailTo('ann'), signal), {
      outcome: 'done',
    });
    assert.deepEqual(names, ['out.auctions.example']);
  });

  it('arrive by TLS from the first byte, and to nobody whom no authority vouches for', async () => {
    const to = await server({ secure: true });
    const made = mailer(to.port, { tls: 'from the start' });
    assert.deepEqual(await made.send(mailTo('ann'), signal), { outcome: 'done' });
    for (const [tls, port] of [
      ['from the start', to.port],
      ['starttls', (await server()).port],
    ] as const) {
      const stranger = mailer(port, { tls, authority: undefined });
      const { outcome } = await stranger.send(mailTo('bob'), signal);
      assert.deepEqual([outcome, stranger.standing().state], ['later', 'down']);
    }
    assert.equal(to.taken.length, 1);
  });

  it('are not sent where STARTTLS is missing, unless it was said that they may go in plain', async () => {
    const to = await server({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'] });
    const made = mailer(to.port);
    assert.equal((await made.send(mailTo('ann'), signal)).outcome, 'later');
    assert.match(made.standing().lastError?.message ?? '', /STARTTLS/);
    assert.deepEqual(await mailer(to.port, { tls: 'none' }).send(mailTo('ann'), signal), { outcome: 'done' });
    assert.deepEqual(
      to.taken.map(({ isSecure }) => isSecure),
      [false],
    );
  });

  it('wait where we are not let in, and nothing of what would let us in is told', async () => {
    const credentials = { username: 'annals', password: 'p4ss:wörd' };
    const encoded = Buffer.from(`\0annals\0${credentials.password}`).toString('base64');
    let password = 'another';
    const to = await server({
      authOptional: false,
      authMethods: ['PLAIN'],
      onAuth(given, _session, done) {
        if (given.password === password) done(null, { user: 1 });
        // A server that says too much.
        else done(refusal(535, `no such ${given.username} with ${given.password} (${encoded})`));
      },
    });
    const made = mailer(to.port, { credentials });
    const outcome = await made.send(mailTo('ann'), signal);
    assert.equal(outcome.outcome, 'later', 'it is no fault of the mail');
    const told = JSON.stringify([outcome, made.standing()]);
    assert.match(told, /535 no such \*\*\* with \*\*\*/);
    assert.doesNotMatch(told, /p4ss|wörd|YW5uYWxz|AGFubmFscw/);
    assert.equal(made.standing().state, 'down');
    password = credentials.password;
    assert.deepEqual(await made.send(mailTo('ann'), signal), { outcome: 'done' });
    assert.equal(made.standing().state, 'up');
  });

  it('are refused for good, or for now, by their address or by what they say, in words without the address', async () => {
    const answers: Record<string, Error | undefined> = {
      'gone@mail.example': refusal(
        550,
        '5.1.1 <gone@mail.example>: gone unknown; ask Postmaster@Mail.example',
      ),
      'busy@mail.example': refusal(451, '4.7.1 greylisted'),
      'full@mail.example': refusal(552, '5.2.2 full'),
    };
    const to = await server({
      onRcptTo: ({ address }, _session, done) => done(answers[address]),
      receives: ({ to: [address] }) =>
        address === 'spam@mail.example'
          ? refusal(554, 'no \u0007 такого')
          : address === 'slow@mail.example'
            ? refusal(452, 'later')
            : undefined,
    });
    const made = mailer(to.port);
    const told = async (person: string) => made.send(mailTo(person), signal);
    assert.deepEqual(await told('gone'), {
      outcome: 'refused',
      words: '550 5.1.1: there is no such mailbox',
    });
    assert.deepEqual(await told('busy'), {
      outcome: 'later',
      words: '451 4.7.1: the server may not take it from us',
    });
    assert.deepEqual(await told('full'), { outcome: 'refused', words: '552 5.2.2: the mailbox is full' });
    assert.deepEqual(await told('spam'), { outcome: 'refused', words: '554: the mail is not taken' });
    assert.deepEqual(await told('slow'), { outcome: 'later', words: '452: the server has no room' });
    assert.deepEqual(await told('ann'), { outcome: 'done' });
    assert.equal(made.standing().errors, 0, 'a server that says no works');
  });

  it('wait where our own address is refused, and are refused where they are too large', async () => {
    const to = await server({
      size: 500,
      onMailFrom: (_address, _session, done) => done(refusal(553, 'not yours')),
    });
    const made = mailer(to.port);
    assert.equal((await made.send(mailTo('ann', { text: 'a'.repeat(1_000) }), signal)).outcome, 'refused');
    const small = await server({ onMailFrom: (_address, _session, done) => done(refusal(553, 'not yours')) });
    const other = mailer(small.port);
    assert.deepEqual(await other.send(mailTo('ann'), signal), {
      outcome: 'later',
      words: '553: our own address is not taken, or too much is sent by it',
    });
    assert.equal(other.standing().state, 'down');
  });

  it('may have arrived where the connection breaks behind their last byte, and have where the server said so', async () => {
    let breaks: 'before' | 'after' | 'never' = 'before';
    const to = await server({
      async receives(_mail, cut) {
        if (breaks === 'before') cut();
        if (breaks === 'after') setTimeout(cut, 50);
        return undefined;
      },
    });
    const made = mailer(to.port);
    assert.equal((await made.send(mailTo('ann'), signal)).outcome, 'unknown');
    breaks = 'after';
    assert.deepEqual(await made.send(mailTo('bob'), signal), { outcome: 'done' });
    await until(() => to.open() === 0, 'the connection is cut');
    breaks = 'never';
    assert.deepEqual(await made.send(mailTo('cleo'), signal), { outcome: 'done' });
    assert.deepEqual(
      to.taken.map(({ to: [address] }) => address),
      ['ann', 'bob', 'cleo'].map((one) => `${one}@mail.example`),
    );
  });

  it('go over a new connection where the server has ended the one that was kept', async () => {
    let cutNow = (): void => undefined;
    const to = await server({
      receives(_mail, cut) {
        cutNow = cut;
        return undefined;
      },
    });
    const made = mailer(to.port);
    assert.deepEqual(await made.send(mailTo('ann'), signal), { outcome: 'done' });
    cutNow();
    assert.deepEqual(await made.send(mailTo('bob'), signal), { outcome: 'done' });
    assert.equal(to.connections(), 2);
  });

  it('are not waited for for ever: with a server that hangs they wait, or may have arrived', async () => {
    const silent = await odd(() => undefined);
    const limits = { openMs: 100, sendMs: 300 };
    const made = mailer(silent.port, { limits });
    assert.deepEqual(await made.send(mailTo('ann'), signal), {
      ...{ outcome: 'later', words: 'connecting took longer than 100 ms' },
    });
    await until(() => silent.open() === 0, 'nobody holds on to the connection');
    const slow = await server({ receives: () => new Promise(() => undefined) });
    assert.deepEqual(await mailer(slow.port, { limits: { sendMs: 300 } }).send(mailTo('ann'), signal), {
      ...{ outcome: 'unknown', words: 'sending took longer than 300 ms' },
    });
    const trickling = await odd((socket) => {
      socket.write('220-hello');
      const drip = setInterval(() => socket.write('.'), 10);
      socket.on('close', () => clearInterval(drip));
    });
    assert.equal((await mailer(trickling.port, { limits }).send(mailTo('ann'), signal)).outcome, 'later');
    const nobody = await mailer(1).send(mailTo('ann'), signal);
    assert.match(JSON.stringify(nobody), /later.*ECONNREFUSED/);
  });

  it('end with an outcome when whoever waits goes away', async () => {
    const slow = await server({ receives: () => new Promise(() => undefined) });
    const leaving = new AbortController();
    const made = mailer(slow.port);
    const sending = made.send(mailTo('ann'), leaving.signal);
    await until(() => slow.connections() === 1, 'it is on its way');
    leaving.abort(new Error('going'));
    assert.match((await sending).outcome, /^(unknown|later)$/);
    await made.close();
    assert.equal((await made.send(mailTo('ann'), signal)).outcome, 'later');
  });

  it('bear a server that says ten megabytes, odd bytes, or something else than SMTP', async () => {
    const noise = Buffer.from(Array.from({ length: 1_024 }, (_, at) => (at * 37) % 256));
    const says: readonly Uint8Array[] = [
      Buffer.alloc(10 * 1024 * 1024, '220 hello'),
      Buffer.from('220-hello\r\n'.repeat(1024 * 1024)),
      noise,
      Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
      Buffer.from('\r\n\r\n220\r\n\0\r\n250 \xff\xfe\r\n354\r\n250\r\n'),
      Buffer.from('220 a\r\n250 b\r\n250 c\r\n354 d\r\n250 taken\r\n'),
    ];
    for (const words of says) {
      const loud = await odd((socket) => socket.write(words));
      const made = mailer(loud.port, { limits: { openMs: 700, sendMs: 500 } });
      const outcome = await made.send(mailTo('ann'), signal);
      assert.equal(outcome.outcome, 'later');
      assert.ok(
        'words' in outcome && outcome.words.length <= 200 && /^[\x20-\x7e]*$/.test(outcome.words),
        JSON.stringify(outcome),
      );
      await until(() => loud.open() === 0, 'the connection is closed');
    }
  });

  it('are told to come later where too many wait', async () => {
    const slow = await server({ receives: () => new Promise(() => undefined) });
    const made = mailer(slow.port, { limits: { atOnce: 1, waiting: 1, sendMs: 300 } });
    const outcomes = await Promise.all(['a', 'b', 'c'].map((person) => made.send(mailTo(person), signal)));
    assert.deepEqual(
      outcomes.map(({ outcome }) => outcome),
      ['unknown', 'unknown', 'later'],
    );
    assert.equal(slow.connections(), 2);
  });
});

describe('mails in the outbox', () => {
  const folders: string[] = [];
  after(() => Promise.all(folders.map((each) => rm(each, { recursive: true, force: true }))));

  it('are kept over a restart, once each, the newest first, so many of them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'annals-outbox-'));
    folders.push(folder);
    const keys = temporaryPersonKeys();
    const open = () => outbox({ file: join(folder, 'outbox.db'), keys, now: () => clock.now(), most: 3 });
    const first = open();
    for (const person of ['a', 'b', 'c', 'd', 'd']) await first.send(mailTo(person), signal);
    await first.close();
    const again = open();
    const kept = await again.kept();
    assert.deepEqual(
      kept.map(({ person }) => person),
      ['d', 'c', 'b'],
    );
    assert.deepEqual(kept[0], mailTo('d'));
    await again.close();
  });

  it('say nothing of whoever was erased, in no byte of their file, and are sent to them no more', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'annals-outbox-'));
    folders.push(folder);
    const keys = temporaryPersonKeys();
    const made = outbox({ file: join(folder, 'outbox.db'), keys, now: () => clock.now() });
    for (const person of ['ann', 'bob']) await made.send(mailTo(person), signal);
    await keys.destroy('ann');
    assert.deepEqual(
      (await made.kept()).map(({ person }) => person),
      ['bob'],
    );
    assert.deepEqual(await made.send(mailTo('ann'), signal), {
      outcome: 'refused',
      words: 'they have been erased',
    });
    const files = await readdir(folder);
    assert.ok(files.includes('outbox.db'));
    for (const name of files)
      assert.doesNotMatch((await readFile(join(folder, name))).toString('latin1'), /mail\.example|Bonjour/);
    await made.close();
  });
});
