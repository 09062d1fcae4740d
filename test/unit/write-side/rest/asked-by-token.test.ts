import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import type { Request, Response } from 'express';
import type { Rejection } from '#domain/kernel/message.ts';
import type { Identity } from '#domain/kernel/ports/tokens.ts';
import { Forbidden, RejectedError, Unauthenticated } from '#domain/kernel/rejections.ts';
import { quotaHere } from '#engines/quotas/memory.ts';
import { turns } from '#runtime/turns.ts';
import { type Asked, askedByToken, type Demand } from '#write-side/rest/asked-by-token.ts';

const ann: Identity = {
  actor: { id: 'ann', roles: ['bidder'], reputation: 0 },
  ...{ expiresAt: '2026-03-01T12:00:00.000Z', token: {}, steppedUp: false },
};

/** A route, a request to it whose body is sent by the test, and whom its token stands for until the test says otherwise. */
function opened(handle: (asked: Asked) => Promise<unknown>, demand?: Demand, points = 100) {
  const at: { known: Identity | Rejection } = { known: ann };
  const perPerson = turns({ atWork: 1, waiting: 0 }, (work) => work());
  const perPersonQuota = quotaHere({ name: 'person', points, windowSeconds: 60 });
  const route = askedByToken(
    { authenticate: async () => at.known, perPerson, perPersonQuota },
    handle,
    demand,
  );
  const body = new PassThrough();
  const request = Object.assign(body, {
    ...{ headers: { 'content-type': 'application/json' }, socket: { destroyed: false } },
  }) as unknown as Request;
  const response = { headersSent: true } as Response;
  return { at, body, request, perPerson, ask: () => route(request, response) };
}

const codeOf = (code: string) => (error: unknown) =>
  error instanceof RejectedError && error.rejection.code === code;

test('whoever sends a body is looked at behind its end: as they are then, and as little as they may then', async () => {
  const given = opened(async ({ withBody }) => {
    const { by, json } = await withBody();
    return [by.steppedUp, json];
  });
  const answered = given.ask();
  given.body.write('{"a":');
  given.at.known = { ...ann, steppedUp: true };
  given.body.end('1}');
  assert.deepEqual(await answered, [true, { a: 1 }]);

  const ended = opened(({ withBody }) => withBody());
  const refused = assert.rejects(ended.ask(), codeOf('unauthenticated'));
  // Its first look is behind it: the second one waits for the body.
  await new Promise(setImmediate);
  ended.at.known = Unauthenticated({});
  ended.body.end('{}');
  await refused;
  assert.equal(ended.perPerson.owners(), 0, 'the turn is over');
});

test('what is demanded is demanded again, with a body and without one', async () => {
  for (const ask of ['who', 'withBody'] as const) {
    let times = 0;
    const { body, ask: begin } = opened(
      (asked) => asked[ask](),
      () => {
        times += 1;
        if (times > 1) throw new RejectedError(Forbidden({ needs: ['admin'] }));
      },
    );
    body.end('{}');
    await assert.rejects(begin(), codeOf('forbidden'));
    assert.equal(times, 2);
  }
});

test('what may not be asked is refused before anything of it is read, and so is what is too much at once', async () => {
  const never = opened(
    async () => assert.fail('nothing is done'),
    () => {
      throw new RejectedError(Forbidden({ needs: ['admin'] }));
    },
  );
  await assert.rejects(never.ask(), codeOf('forbidden'));
  const busy = opened(async () => assert.fail('nothing is done'));
  await busy.perPerson.take('ann');
  await assert.rejects(busy.ask(), { name: 'TooManyAtOnceError' });
});

test('whoever asks spends of what they may ask, also where they may not do what they ask for', async () => {
  const refusing = () => {
    throw new RejectedError(Forbidden({ needs: ['admin'] }));
  };
  const { ask } = opened(async () => assert.fail('nothing is done'), refusing, 1);
  await assert.rejects(ask(), codeOf('forbidden'));
  await assert.rejects(ask(), codeOf('rate_limited'));
});

test('a body is no longer than its route says, and nothing is done for who has left meanwhile', async () => {
  const long = opened(({ withBody }) => withBody(4));
  long.body.end('{"a":1}');
  await assert.rejects(long.ask(), { name: 'RefusedRequestError' });
  const gone = opened(async () => assert.fail('nothing is done'));
  Object.assign(gone.request.socket, { destroyed: true });
  assert.equal(await gone.ask(), undefined);
  assert.equal(gone.perPerson.owners(), 0, 'the turn is over');
});
