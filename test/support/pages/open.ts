import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after } from 'node:test';
import { registry as ours } from '#compose/contexts.ts';
import { addressesBehind } from '#compose/http/addresses.ts';
import { openHttp } from '#compose/http.ts';
import type { Dispatch, Envelope, Reply } from '#domain/kernel/envelope.ts';
import { later } from '#domain/kernel/instant.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { Internal, Invalid, StepUpRequired } from '#domain/kernel/rejections.ts';
import { systemClock } from '#engines/clock/system.ts';
import { temporarySealing } from '#engines/sealing.ts';
import { accountPages } from '#write-side/accounts/pages/pages.ts';
import type { OwnAccount } from '#write-side/accounts/pages/ports.ts';
import { noHouse } from '../house.ts';
import { providerInMemory } from './browsers.ts';
import { doorRejections, peopleAtDoor, type Someone } from './people.ts';

// The pages behind the platform's own port, over a door and a provider in memory.

/** With what the door in memory says no by. */
const registry: Registry = {
  ...ours,
  rejections: new Map([...ours.rejections, ...doorRejections.map((each) => [each.code, each] as const)]),
};

export const PASSWORD = 'correct horse battery staple';

type People = ReadonlyMap<string, Someone>;
type Told = Readonly<Record<string, unknown>>;

/** Does what the deciders of accounts would, as far as pages can tell. Data is read by the schema that the command is declared with. */
function decidingFor(people: People, sent: Envelope[], answers: Map<string, Rejection>): Dispatch {
  return async (envelope): Promise<Reply> => {
    sent.push(envelope);
    const { command, commandId, actor } = envelope;
    const no = (rejection: Rejection): Reply => ({
      ...{ outcome: 'rejected', commandId, rejection, position: undefined, events: [] },
    });
    const declared = registry.commands.get(command)?.command;
    const data = declared?.schema.safeParse(envelope.data);
    if (data?.success !== true) return no(Invalid({ issues: [{ path: command, problem: 'does not fit' }] }));
    if (declared?.stepUp === true && envelope.steppedUp !== true) return no(StepUpRequired({}));
    const planted = answers.get(command);
    if (planted !== undefined) return no(planted);
    const someone = people.get(actor.id);
    if (someone === undefined) return no(Internal({ reference: 'nobody' }));
    // As it came: what the schema makes of it is sealed against readers like this one.
    const told = envelope.data as Told;
    if (command === 'CreateProfile' || command === 'ChangeProfile')
      someone.profile = {
        ...{ name: String(told.name), address: String(told.address) },
        phone: told.phone === undefined ? undefined : String(told.phone),
      };
    if (command === 'EndSession')
      someone.sessions = someone.sessions.filter((each) => each.session !== told.session);
    if (command === 'EndAllSessions') someone.sessions = [];
    return { outcome: 'accepted', commandId, stream: 's', position: 1n, events: [] };
  };
}

/** A system of somebody else's, on an origin of its own: its answer shows where the browser has arrived. */
async function openSystem(): Promise<string> {
  const server = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end(`<title>Shop</title>${request.url}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Opens them on any free port, until the last test of the file. Ann is there already, with the password above. */
export async function openPages(house = noHouse) {
  const clock = systemClock();
  let origin = '';
  const { door, people, mails } = peopleAtDoor(() => origin);
  const provider = providerInMemory((person, session, system) => {
    const openedAt = clock.now();
    people.get(person)?.sessions.unshift({
      ...{
        session,
        system,
        openedAt,
        lastUsedAt: openedAt,
        expiresAt: later(openedAt, 14 * 86_400_000),
        address: '192.0.2.7',
      },
      browser: 'Firefox, Android',
    });
  });
  const sealing = temporarySealing();
  const sent: Envelope[] = [];
  const answers = new Map<string, Rejection>();
  const reported: unknown[] = [];
  const own: OwnAccount = {
    profile: async (person) => people.get(person)?.profile,
    sessions: async (person) => people.get(person)?.sessions ?? [],
  };
  let ids = 0;
  const newId = () => `id-${++ids}`;
  const addresses = addressesBehind([]);
  const pages = accountPages({
    ...{ registry, house, newId, door, own, signIns: provider.signIns, browsers: provider.browsers },
    now: () => clock.now(),
    addressOf: addresses.of,
    publicUrl: () => origin,
    sealing,
    report: (error) => void reported.push(error),
    known: { account: async (person) => ({ roles: people.get(person)?.roles ?? [] }) as never },
    dispatch: decidingFor(people, sent, answers),
  });
  const port = await openHttp({
    ...{ host: '127.0.0.1', port: 0, registry, newId, clock, addresses },
    routers: [provider.router, pages],
    health: () => ({}),
    report: (error) => void reported.push(error),
  });
  after(() => port.close(0));
  // Passkeys are bound to a name: an address in numbers has none.
  origin = port.url.replace('127.0.0.1', 'localhost');
  people.set('ann', {
    ...{ email: 'ann@mail.example', password: PASSWORD, emailVerified: true, roles: ['bidder', 'seller'] },
    ...{ passkeys: [], recovery: [], sessions: [] },
  });
  return {
    ...{ origin, people, mails, sent, answers, reported, door, provider, sealing },
    system: await openSystem(),
    ann: people.get('ann') as Someone,
  };
}
export type OpenPages = Awaited<ReturnType<typeof openPages>>;
