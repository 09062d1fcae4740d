import { after } from 'node:test';
import type { Router } from 'express';
import { z } from 'zod';
import { addressesBehind } from '#compose/http/addresses.ts';
import type { HttpLimits } from '#compose/http/limits.ts';
import { openHttp } from '#compose/http.ts';
import { quotasOf } from '#compose/quotas.ts';
import { Role } from '#domain/kernel/actor.ts';
import type { Envelope, RecordedEvent, Reply } from '#domain/kernel/envelope.ts';
import { PersonId } from '#domain/kernel/ids.ts';
import { later } from '#domain/kernel/instant.ts';
import { command, event, rejection, secret } from '#domain/kernel/message.ts';
import { Money } from '#domain/kernel/money.ts';
import type { Identity } from '#domain/kernel/ports/tokens.ts';
import { registryOf } from '#domain/kernel/registry.ts';
import { Forbidden, RejectedError, Unauthenticated } from '#domain/kernel/rejections.ts';
import { afterwards } from '#engines/afterwards.ts';
import { systemClock } from '#engines/clock/system.ts';
import { newIds } from '#engines/ids.ts';
import { turns } from '#runtime/turns.ts';
import { recorded } from '#test/support/given.ts';
import { securedForTests } from '#test/support/transport.ts';
import { restRoutes } from '#write-side/rest/commands.ts';

// A port of three commands, for tests of the port alone: what a command comes to is said by the test.

/** What is marked stands two deep and in a list, too. */
const heard = z.object({ from: z.array(z.object({ name: z.string(), whisper: secret(z.string()) })) });
const TooSoft = rejection('too_soft', {
  message: 'Ring louder.',
  details: { least: Money, heard: heard.optional() },
  status: 422,
});
const Rung = event('Rung', {
  version: 1,
  description: 'The bell rang.',
  data: { by: PersonId, fee: Money, whisper: secret(z.string()), heard },
});
const data = { bell: z.string().max(20), fee: Money };
const RingBell = command('RingBell', {
  description: 'Rings a bell for <money> & fun.',
  from: ['bidder'],
  data,
  stream: ({ bell }) => `bell-${bell}`,
  rejections: [TooSoft],
});
const MuteBell = command('MuteBell', {
  description: 'Nobody outside may.',
  from: 'internal',
  data,
  stream: ({ bell }) => `bell-${bell}`,
});
export const registry = registryOf([
  {
    name: 'bells',
    description: 'Bells.',
    events: [Rung],
    commands: [RingBell, MuteBell],
  },
]);
export { Forbidden, MuteBell, RejectedError, RingBell, Rung, TooSoft };

const HOUR_MS = 3_600_000;
const clock = systemClock();
const newId = newIds({ clock });

export const rungAs = (data: Parameters<typeof Rung>[0]): RecordedEvent =>
  recorded(
    Rung(data),
    { eventId: newId(), stream: 'bell-1', position: 2n ** 60n, recordedAt: clock.now() },
    { occurredAt: clock.now(), actor: 'ann', roles: ['bidder'], command: 'RingBell' },
  );

/** The port on a free port; `answer` decides, the envelopes it was asked with are kept. */
export async function openBells(
  answer: (envelope: Envelope) => Reply | Promise<Reply>,
  {
    more = [],
    limits = {},
    proxies = [],
    personal = 1_000,
  }: {
    /** Routers beside its own. */
    readonly more?: readonly Router[];
    readonly limits?: Partial<HttpLimits>;
    readonly proxies?: readonly string[];
    /** What one person may have under way. */
    readonly personal?: number;
  } = {},
) {
  const asked: Envelope[] = [];
  const reported: unknown[] = [];
  const authenticate = async (
    authorization: string | undefined,
  ): Promise<Identity | ReturnType<typeof Unauthenticated>> =>
    authorization === 'Bearer ann'
      ? {
          actor: { id: 'ann', roles: [Role.enum.bidder], reputation: 0 },
          expiresAt: later(clock.now(), HOUR_MS),
          token: {},
          steppedUp: false,
        }
      : Unauthenticated({});
  const dispatch = async (envelope: Envelope): Promise<Reply> => {
    asked.push(envelope);
    return answer(envelope);
  };
  const health = { store: { ready: true } as { ready: boolean; detail?: string; spared?: boolean } };
  const addresses = addressesBehind(proxies);
  const perPerson = turns({ atWork: personal, waiting: 0 }, afterwards);
  const rest = {
    ...{ registry, dispatch, authenticate, addressOf: addresses.of, perPerson },
    perPersonQuota: quotasOf({ rates: { perAddress: 1_000_000, perPerson: 1_000_000 } }).perPerson,
    ...{ epoch: 'e1', newId, version: '1.2.3' },
  };
  const port = await openHttp({
    host: '127.0.0.1',
    port: 0,
    registry,
    newId,
    clock,
    addresses,
    routers: [restRoutes(rest), ...more],
    health: () => health,
    report: (error) => reported.push(error),
    limits,
    ...securedForTests(),
  });
  after(() => port.close(0));
  const post = (path: string, body: string | Buffer, headers: Record<string, string> = {}) =>
    fetch(port.url + path, {
      method: 'POST',
      body: Buffer.from(body),
      headers: { Authorization: 'Bearer ann', 'Content-Type': 'application/json', ...headers },
    });
  return { port, asked, reported, health, post };
}
