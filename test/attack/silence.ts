import { setTimeout as pause } from 'node:timers/promises';
import { httpProblems } from './answers.ts';
import type { Attack, Case, Scene } from './attack.ts';
import { type Connection, opened, untilEnded, written } from './connection.ts';
import { as, command, frame, graphql, host, http, init, opcodes, upgrade } from './requests.ts';

// Clients that say nothing, or say it slowly, as many as the port has connections and more.

/** Above the port's limit of connections; and a crowd that is above the limit of one address only, for the gate. */
const CROWD = 5_200;
const SMALL_CROWD = 1_200;
const ADDRESSES = 60;
/** How many connections are opened at once. */
const AT_ONCE = 100;
/** How long a crowd stays: in the long run beyond the port's own timeouts. */
const STAY_MS = { short: 1_500, long: 20_000 } as const;
const DRIPPING = { short: 40, long: 400 } as const;
const DRIP_MS = 100;

/** Opens as many as it is let; whoever is turned away is. */
async function crowd(
  scene: Scene,
  count: number,
  from: (number: number) => string,
): Promise<readonly Connection[]> {
  const open: Connection[] = [];
  for (let begun = 0; begun < count && !scene.gone.aborted; begun += AT_ONCE) {
    const some = await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, count - begun) }, (_, at) =>
        opened(scene, { from: from(begun + at) }).catch(() => undefined),
      ),
    );
    open.push(...some.filter((connection) => connection !== undefined));
  }
  return open;
}

function crowdCase(
  what: string,
  count: number,
  stayMs: number,
  from: (number: number) => string,
  bytes = '',
): Case {
  return {
    name: `${count} ${what}`,
    async run(scene) {
      const all = await crowd(scene, count, from);
      for (const { socket } of all) if (bytes !== '' && socket.writable) socket.write(bytes);
      await pause(stayMs);
      const problems = all.flatMap(({ received }) => httpProblems(received(), scene));
      for (const { socket } of all) socket.destroy();
      return [...new Set(problems)].slice(0, 5);
    },
  };
}

const bid = { auctionId: 'open-1', maximum: { amount: '100', currency: 'USD' } };
const drippers: readonly (readonly [what: string, text: (scene: Scene) => Buffer])[] = [
  ['a line', ({ world }) => Buffer.from(graphql(world, '{ now }'))],
  [
    'fields without end',
    ({ world }) => Buffer.from(`GET / HTTP/1.1\r\n${host(world)}\r\nX-A: ${'a'.repeat(5_000)}`),
  ],
  ['a handshake', ({ world }) => Buffer.from(upgrade(world))],
];
/** Of these the head is sent at once, and the rest drips. */
const bodies: readonly (readonly [what: string, text: (scene: Scene) => string])[] = [
  [
    'a command',
    ({ world }) =>
      command(world, 'auctions/place-bid', { ...bid, pad: 'x'.repeat(50_000) }, [as(world, 'dan')]),
  ],
  ['a question', ({ world }) => graphql(world, `{ now } # ${'x'.repeat(50_000)}`)],
  [
    'a notice',
    ({ world }) =>
      http(
        'POST /webhooks/payments HTTP/1.1',
        [host(world), 'Content-Type: application/json'],
        ' '.repeat(50_000),
      ),
  ],
];

/** Sends a byte now and then for as long as it may, and judges what it is told. */
function dripCase(
  what: string,
  short: boolean,
  begin: (scene: Scene) => { now: Buffer; slowly: Buffer },
): Case {
  const count = short ? DRIPPING.short : DRIPPING.long;
  return {
    name: `${count} who drip ${what}`,
    async run(scene) {
      const { now, slowly } = begin(scene);
      const all = await crowd(scene, count, () => scene.address());
      const until = performance.now() + (short ? STAY_MS.short : 2 * STAY_MS.long);
      await Promise.all(all.map(({ socket }) => written(socket, now)));
      for (let at = 0; performance.now() < until && at < slowly.length; at++) {
        for (const { socket } of all) if (socket.writable) socket.write(slowly.subarray(at, at + 1));
        await pause(DRIP_MS);
      }
      const came = await Promise.all(
        all.map((connection) => {
          connection.socket.end();
          return untilEnded(connection);
        }),
      );
      const problems = came.flatMap(({ bytes, problem }) => [
        ...(problem === undefined ? [] : [problem]),
        ...httpProblems(bytes, scene),
      ]);
      return [...new Set(problems)].slice(0, 5);
    },
  };
}

export const crowdAttacks: Attack = {
  name: 'crowds',
  // One crowd has the whole port.
  atOnce: 1,
  cases(_world, { short }) {
    const stayMs = short ? STAY_MS.short : STAY_MS.long;
    const count = short ? SMALL_CROWD : CROWD;
    const many = (number: number): string => `127.0.5.${1 + (number % ADDRESSES)}`;
    return [
      crowdCase('silent connections from one address', count, stayMs, () => '127.0.4.1'),
      crowdCase(`silent connections from ${ADDRESSES} addresses`, CROWD, stayMs, many),
      crowdCase(
        `half requests from ${ADDRESSES} addresses`,
        count,
        stayMs,
        many,
        'POST /graphql HTTP/1.1\r\nHo',
      ),
    ];
  },
};

export const dripAttacks: Attack = {
  name: 'drips',
  atOnce: 8,
  cases(world, { short }) {
    const slowFrame = frame(
      opcodes.text,
      JSON.stringify({ type: 'ping', payload: { pad: 'x'.repeat(3_000) } }),
    );
    return [
      ...drippers.map(([what, text]) =>
        dripCase(what, short, (scene) => ({ now: Buffer.alloc(0), slowly: text(scene) })),
      ),
      ...bodies.map(([what, text]) =>
        dripCase(what, short, (scene) => {
          const [head = '', body = ''] = text(scene).split('\r\n\r\n');
          return { now: Buffer.from(`${head}\r\n\r\n`), slowly: Buffer.from(body) };
        }),
      ),
      dripCase('a frame', short, () => ({
        now: Buffer.concat([Buffer.from(upgrade(world)), init(world, 'dan')]),
        slowly: slowFrame,
      })),
    ];
  },
};
