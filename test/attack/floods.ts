import { setTimeout as pause } from 'node:timers/promises';
import type { Inhabited } from '../support/inhabited.ts';
import { httpProblems, readAnswers } from './answers.ts';
import type { Attack, Case, Scene } from './attack.ts';
import { type Connection, happens, opened, pour, untilEnded, written } from './connection.ts';
import { socketTo } from './frames.ts';
import {
  as,
  command,
  FEED,
  frame,
  graphql,
  host,
  http,
  message,
  opcodes,
  sse,
  subscribe,
} from './requests.ts';

// Far more than anybody needs, of what is answered, and answers that nobody reads.

const KIBIBYTE = 1_024;
const MEBIBYTE = 2 ** 20;
/** Of each flood: connections, and bytes that each of them sends unless it is stopped. */
const SCALE = {
  short: { connections: 8, bytes: 48 * MEBIBYTE, feeds: 150, questions: 18, crowd: 100, rounds: 2 },
  long: { connections: 40, bytes: 128 * MEBIBYTE, feeds: 900, questions: 2_000, crowd: 450, rounds: 12 },
} as const;
type Size = Readonly<Record<keyof (typeof SCALE)['short'], number>>;
/** A connection that takes nothing for so long is not read any more: it is held back, as it should be. */
const PATIENCE_MS = 400;
/** How long it stays open then, unread. */
const STAY_MS = 200;
/** What a message may come to stays below the socket's own limit: the flood is of messages that are taken. */
const LONG = 'x'.repeat(60_000);

const INTROSPECTION = '{ __schema { types { name description fields { name description args { name } } } } }';
const ALL_EVENTS = 'subscription { events { position event { type } } }';
const REJECTIONS = '{ rejections { code message } }';

/** Many connections that send the same and read nothing. */
function unread(
  what: string,
  { connections, bytes }: Size,
  connect: (scene: Scene) => Promise<Connection>,
  chunk: (world: Inhabited) => Buffer,
): Case {
  return {
    name: `${what}, unread`,
    async run(scene) {
      const one = chunk(scene.world);
      // Enough at once that the sender is no slower than the platform.
      const many = Buffer.concat(Array.from({ length: Math.ceil((64 * KIBIBYTE) / one.length) }, () => one));
      const all = await Promise.all(Array.from({ length: connections }, () => connect(scene)));
      await Promise.all(all.map((each) => pour(each, many, { most: bytes, patienceMs: PATIENCE_MS })));
      await pause(STAY_MS);
      for (const { socket } of all) socket.destroy();
      return [];
    },
  };
}

const socket = (scene: Scene): Promise<Connection> => socketTo(scene);
const stranger = (scene: Scene): Promise<Connection> => socketTo(scene, { acknowledged: false });
const plain = (scene: Scene): Promise<Connection> => opened(scene);

function socketFloods(size: Size): readonly Case[] {
  const longPing = () => message({ type: 'ping', payload: { pad: LONG } });
  return [
    unread('pings of 60,000 bytes before the acknowledgement', size, stranger, longPing),
    unread('pings of 60,000 bytes', size, socket, longPing),
    unread('pings of the protocol', size, socket, () => frame(opcodes.ping, 'x'.repeat(125))),
    unread('pings of the protocol by strangers', size, stranger, () => frame(opcodes.ping, 'x'.repeat(125))),
    unread('pongs', size, socket, () => frame(opcodes.pong, 'x'.repeat(125))),
    unread('subscriptions with ids of 60,000 bytes', size, socket, () => subscribe(LONG, '{ nothing }')),
    unread('questions with ids of 60,000 bytes', size, socket, () => subscribe(LONG, '{ now }')),
    unread('subscriptions by strangers', size, stranger, () => subscribe(LONG, '{ now }')),
    unread('questions with long answers', size, socket, () => subscribe('1', REJECTIONS)),
    unread('questions with long names', size, socket, () => subscribe('1', `{ ${'x'.repeat(50_000)} }`)),
    unread('completions of nothing', size, socket, () => message({ type: 'complete', id: LONG })),
    unread('a message that never ends', size, socket, () =>
      frame(opcodes.continuation, 'x'.repeat(1_000), { final: false }),
    ),
    unread('a message of empty fragments', size, socket, () =>
      frame(opcodes.continuation, '', { final: false }),
    ),
    ...[
      ['subscriptions', FEED],
      ['subscriptions to everything', ALL_EVENTS],
      ['questions', '{ now }'],
    ].map(
      ([what, query]): Case =>
        unread(`${what} under ever new ids`, { ...size, bytes: size.bytes / 8 }, socket, () =>
          Buffer.concat(Array.from({ length: 200 }, (_, at) => subscribe(`s${at}`, query ?? ''))),
        ),
    ),
  ];
}

function requestFloods(size: Size): readonly Case[] {
  const live = (world: Inhabited): Buffer => Buffer.from(http('GET /health/live HTTP/1.1', [host(world)]));
  const page = (world: Inhabited): Buffer => Buffer.from(http('GET /openapi.json HTTP/1.1', [host(world)]));
  const small: Size = { ...size, bytes: size.bytes / 16 };
  const uploading = async (scene: Scene, target: string): Promise<Connection> => {
    const connection = await opened(scene);
    const fields = [host(scene.world), 'Content-Type: application/json', 'Transfer-Encoding: chunked'];
    await written(connection.socket, http(`POST ${target} HTTP/1.1`, fields));
    return connection;
  };
  const chunk = Buffer.from(`1000\r\n${' '.repeat(0x1000)}\r\n`);
  return [
    unread('small requests in a pipeline', small, plain, live),
    unread('pages in a pipeline', small, plain, page),
    unread('questions in a pipeline', small, plain, (world) => Buffer.from(graphql(world, INTROSPECTION))),
    unread('commands in a pipeline', small, plain, (world) =>
      Buffer.from(command(world, 'wallets/open-wallet', { currency: 'USD' }, [as(world, 'dan')])),
    ),
    unread('fields that never end', size, plain, () => Buffer.from('X-A: a\r\n')),
    ...['/graphql', '/commands/wallets/transfer', '/webhooks/payments', '/elsewhere', '/health/live'].map(
      (target) =>
        unread(
          `a body that never ends, to ${target},`,
          size,
          (scene) => uploading(scene, target),
          () => chunk,
        ),
    ),
    unread('a body that never ends, behind a first question,', size, plain, () =>
      Buffer.from(' '.repeat(1_000)),
    ),
    ...['/graphql', '/commands/wallets/transfer'].map((target) =>
      unread(
        `a body of chunks of a byte, to ${target},`,
        size,
        (scene) => uploading(scene, target),
        () => Buffer.from('1\r\n \r\n'),
      ),
    ),
  ];
}

/**
 * Whoever is cut off comes again, many at once and from few addresses: what one of them costs is what all of them cost.
 * @param addresses from which they come, one unless told
 */
function crowdFlood(
  what: string,
  { crowd, rounds, addresses = 1 }: Size & { readonly addresses?: number },
  once: (connection: Connection, scene: Scene) => void,
) {
  return {
    name: `${what}, by ${crowd} of ${addresses} ${addresses === 1 ? 'address' : 'addresses'} again and again`,
    async run(scene: Scene) {
      const places = Array.from({ length: addresses }, () => scene.addressOfCrowd());
      const again = async (_: unknown, at: number): Promise<void> => {
        const from = places[at % addresses];
        for (let round = 0; round < rounds; round++) {
          const connection = await opened(scene, { from }).catch(() => undefined);
          if (connection === undefined) continue;
          once(connection, scene);
          await happens(PATIENCE_MS, connection.closed);
          connection.socket.destroy();
        }
      };
      await Promise.all(Array.from({ length: crowd }, again));
      return [];
    },
  } satisfies Case;
}

function crowdFloods(size: Size): readonly Case[] {
  const tiny = Buffer.from('GET / HTTP/1.1\r\nHost:a\r\n\r\n'.repeat(550));
  const resets = { ...size, rounds: 3 * size.rounds, addresses: 8 };
  return [
    crowdFlood('the smallest requests', size, ({ socket: each }) => void each.write(tiny)),
    crowdFlood('requests that are reset', size, ({ socket: each }, { world }) => {
      each.write(http('GET /health/live HTTP/1.1', [host(world)]), () => each.resetAndDestroy());
    }),
    // Nobody waits for anything here: most have gone before they are accepted.
    crowdFlood('requests that are reset at once', resets, ({ socket: each }, { world }) => {
      each.write(http('GET /health/live HTTP/1.1', [host(world)]));
      each.resetAndDestroy();
    }),
    crowdFlood('questions of one person', size, ({ socket: each }, scene) => {
      each.write(graphql(scene.world, '{ now }', ['Connection: close', as(scene.world, 'dan')]));
    }),
  ];
}

/** Feeds that begin at the beginning and are not read. */
function feedFlood({ feeds }: Size): Case {
  return {
    name: `${feeds} feeds of server-sent events, unread`,
    async run(scene) {
      const all = await Promise.all(
        Array.from({ length: feeds }, () => opened(scene).catch(() => undefined)),
      );
      const open = all.filter((connection) => connection !== undefined);
      for (const { socket: each } of open) {
        each.pause();
        each.write(sse(scene.world, ALL_EVENTS, [as(scene.world, 'ines')]));
      }
      await pause(3 * STAY_MS);
      for (const { socket: each } of open) each.destroy();
      return [];
    },
  };
}

const aliases = (count: number, field: string): string =>
  `{ ${Array.from({ length: count }, (_, at) => `a${at}: ${field}`).join(' ')} }`;
const inside = (depth: number): string =>
  `${'{ auctions { edges { node { lot '.repeat(depth)}{ id }${' } } }'.repeat(depth)} }`;
/** Fragments each of which spreads the next one twice: 2 to the power of their number, where somebody counts them out. */
const doubling = (count: number): string =>
  [
    '{ ...f0 }',
    ...Array.from({ length: count }, (_, at) => `fragment f${at} on Query { ...f${at + 1} ...f${at + 1} }`),
    `fragment f${count} on Query { now }`,
  ].join(' ');
const many: readonly (readonly [what: string, query: string])[] = [
  ['aliases', aliases(600, 'now')],
  ['aliases of pages', aliases(10, 'auctions(first: 100) { edges { node { id title description phase } } }')],
  ['fields again and again', `{ ${'now '.repeat(1_900)} }`],
  ['aliases inside', `{ auction(auctionId: "open-1") ${aliases(600, 'id')} }`],
  ['fields within fields', inside(60)],
  ['fragments that double', doubling(60)],
  ['fragments in a circle', '{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }'],
  [
    'fragments that nobody uses',
    `{ now } ${Array.from({ length: 150 }, (_, at) => `fragment f${at} on Query { now }`).join(' ')}`,
  ],
  ['directives', `{ now ${'@skip(if: false) '.repeat(400)} }`],
  ['directives that are none', `{ now ${'@x '.repeat(900)} }`],
  ['names that are none', `{ ${Array.from({ length: 900 }, (_, at) => `n${at}`).join(' ')} }`],
  ['variables', `query (${Array.from({ length: 400 }, (_, at) => `$v${at}: Int`).join(' ')}) { now }`],
  ['operations', Array.from({ length: 300 }, (_, at) => `query q${at} { now }`).join(' ')],
  ['lists in lists', `{ auctions(phase: ${'['.repeat(900)}${']'.repeat(900)}) { edges { cursor } } }`],
  ['a name of 50,000 letters', `{ ${'x'.repeat(50_000)} }`],
  ['a comment of 90,000 letters', `{ now } # ${'x'.repeat(90_000)}`],
  ['a block of text', `{ auction(auctionId: """${'\\n '.repeat(20_000)}""") { id } }`],
  ['ids of 20,000 letters', `{ auction(auctionId: "${'x'.repeat(20_000)}") { id } }`],
];

/** Questions that cost more than others, each read to its answer. */
function costlyCase([what, query]: (typeof many)[number], { questions }: Size): Case {
  return {
    name: `${questions} questions of ${what}`,
    async run(scene) {
      const found = new Set<string>();
      const lanes = Array.from({ length: 6 }, async () => {
        for (let at = 0; at < questions / 6; at++) {
          const connection = await opened(scene);
          await written(
            connection.socket,
            graphql(scene.world, query, ['Connection: close', as(scene.world, 'dan')]),
          );
          const { bytes, problem } = await untilEnded(connection);
          if (problem !== undefined) found.add(problem);
          if (readAnswers(bytes).answers.length !== 1) found.add('there was no answer');
          for (const each of httpProblems(bytes, scene)) found.add(each);
        }
      });
      await Promise.all(lanes);
      return [...found];
    },
  };
}

export const floodAttacks: Attack = {
  name: 'floods',
  atOnce: 4,
  cases(_world, { short }) {
    const size: Size = short ? SCALE.short : SCALE.long;
    return [
      ...socketFloods(size),
      ...requestFloods(size),
      ...crowdFloods(size),
      feedFlood(size),
      ...many.map((each) => costlyCase(each, size)),
    ];
  },
};
