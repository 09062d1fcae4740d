import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PersonErased } from '#domain/accounts/account/messages.ts';
import { SessionsEnded } from '#domain/accounts/sessions/messages.ts';
import { later } from '#domain/kernel/instant.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { recorded } from '#test/support/given.ts';
import { until } from '#test/support/until.ts';
import { type LogoutOptions, logouts } from '#write-side/accounts/provider/logouts.ts';

// Each session is named as the system that took part in it, and by a number.

const systemOf = (uid: string): string => uid.replace(/\d+$/, '');

/** What is told and forgotten; `answers` settles what a system was told, and without it nobody answers. */
function telling(answers: (system: string) => Promise<void>) {
  const clock = simulatedClock({ start: '2026-03-01T12:00:00.000Z' });
  const asked: string[] = [];
  const forgotten: string[] = [];
  const kept = {
    participants: async (uid: string) => [{ client: systemOf(uid), sid: uid }],
    forget: async (uid: string) => void forgotten.push(uid),
    forgetAllowed: async (person: string) => void forgotten.push(person),
  };
  const now = () => ({
    Client: { find: async (id: string) => ({ backchannelLogoutUri: id }) },
    IdToken: class {
      set(): void {}
      issue = async () => 'a token';
    },
  });
  const handler = logouts({
    provider: () => ({ kept, now }) as unknown as ReturnType<LogoutOptions['provider']>,
    tellBy(system) {
      asked.push(system);
      return answers(system);
    },
    ...{ clock, newId: () => 'id', log: { warn: () => undefined } as unknown as LogoutOptions['log'] },
  });
  const handled = (...events: Parameters<typeof handler.handle>[0]) =>
    handler.handle(events, new AbortController().signal);
  return { clock, asked, forgotten, handled };
}

const ended = (...uids: readonly string[]) =>
  recorded(SessionsEnded({ person: 'ann', sessions: uids.map((uid) => `s${uid}`), why: 'ended' }));
const erased = recorded(PersonErased({ person: 'bob', login: 'a-login' }));

test('a silent system holds up nobody who is told of another session, nor what is forgotten with somebody', async () => {
  const silence = Promise.withResolvers<void>();
  const { asked, forgotten, handled } = telling((system) =>
    system === 'deaf' ? silence.promise : Promise.resolve(),
  );
  const end = handled(ended('deaf1', 'shop1'), ended('shop2'), erased);
  await until(() => forgotten.length === 3, 'the others are forgotten');
  assert.deepEqual(forgotten.toSorted(), ['bob', 'shop1', 'shop2']);
  assert.deepEqual(asked.toSorted(), ['deaf', 'shop', 'shop']);
  silence.resolve();
  await end;
  assert.equal(forgotten.at(-1), 'deaf1', 'only behind being told');
});

test('so many sessions are told of at once, and each once', async () => {
  const answers: (() => void)[] = [];
  const { asked, forgotten, handled } = telling(() => new Promise((resolve) => answers.push(resolve)));
  const end = handled(ended(...Array.from({ length: 40 }, (_, number) => `shop${number}`)));
  let most = 0;
  for (let told = 0; told < 40; told += 1) {
    await until(() => answers.length > 0, 'somebody is told');
    most = Math.max(most, asked.length - told);
    answers.shift()?.();
  }
  await end;
  assert.deepEqual([asked.length, new Set(forgotten).size, most], [40, 40, 16]);
});

test('who has just been silent is asked once for each session, until a minute is over or they answer', async () => {
  let deaf = true;
  const { clock, asked, handled } = telling(async () => {
    if (deaf) throw new Error('no answer');
  });
  /** How often somebody is asked about one session. */
  async function asking(uid: string): Promise<number> {
    asked.length = 0;
    const end = handled(ended(uid)).then(() => true);
    await until(async () => {
      const next = clock.next();
      if (next !== undefined) clock.advanceTo(next);
      return Promise.race([end, false]);
    }, 'it is over');
    return asked.length;
  }
  assert.deepEqual([await asking('deaf1'), await asking('deaf2'), await asking('other1')], [3, 1, 3]);
  clock.advanceTo(later(clock.now(), 60_000));
  assert.equal(await asking('deaf3'), 3);
  deaf = false;
  assert.equal(await asking('deaf4'), 1);
  deaf = true;
  assert.equal(await asking('deaf5'), 3, 'they have answered');
});
