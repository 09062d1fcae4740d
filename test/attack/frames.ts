import type { Inhabited } from '../support/inhabited.ts';
import { closedWith, frameProblems, httpProblems, readAnswers, readFrames } from './answers.ts';
import type { Attack, Case, Scene } from './attack.ts';
import { type Connection, opened, untilEnded, untilEnough, written } from './connection.ts';
import { cuts } from './handshakes.ts';
import { FEED, frame, init, message, opcodes, subscribe, upgrade } from './requests.ts';

// Sockets that end at every byte of a frame, and frames that are none.

/** How long a socket may take to open while the port is flooded. */
const OPEN_MS = 15_000;
/** How long a breach may take to be answered by a close. */
const CLOSE_MS = 8_000;

/** A socket of GraphQL, acknowledged if `person` says who it is. @throws Error when it is not opened */
export async function socketTo(
  scene: Scene,
  { acknowledged = true, from = scene.address() } = {},
): Promise<Connection> {
  const connection = await opened(scene, { from, halfOpen: true });
  await written(connection.socket, upgrade(scene.world));
  const isOpen = (bytes: Buffer): boolean => readAnswers(bytes).answers[0] !== undefined;
  const answered = await untilEnough(connection, isOpen, OPEN_MS);
  const [answer] = readAnswers(answered).answers;
  if (answer?.status !== 101) {
    connection.socket.destroy();
    throw new Error(`no socket: ${answer?.status ?? 'no answer'} ${answer?.body ?? ''}`);
  }
  if (!acknowledged) return connection;
  await written(connection.socket, init(scene.world, 'cyd'));
  await untilEnough(connection, (bytes) => bytes.includes('connection_ack'), OPEN_MS);
  return connection;
}

const ping = { type: 'ping', payload: { at: 'noon' } };
const good: readonly (readonly [what: string, acknowledged: boolean, bytes: (world: Inhabited) => Buffer])[] =
  [
    ['connection_init', false, (world) => init(world, 'cyd')],
    ['a subscription', true, () => subscribe('1', FEED)],
    ['a question', true, () => subscribe('1', '{ now }')],
    ['a ping of graphql-ws', true, () => message(ping)],
    ['a ping', true, () => frame(opcodes.ping, 'are you there')],
    [
      'a close',
      true,
      () => frame(opcodes.close, Buffer.concat([Buffer.from([0x03, 0xe8]), Buffer.from('bye')])),
    ],
    [
      'a message in fragments',
      true,
      () => {
        const text = JSON.stringify(ping);
        return Buffer.concat([
          frame(opcodes.text, text.slice(0, 9), { final: false }),
          frame(opcodes.ping, 'in between'),
          frame(opcodes.continuation, text.slice(9)),
        ]);
      },
    ],
    ['a message of 60,000 bytes', true, () => message({ ...ping, payload: { pad: 'x'.repeat(60_000) } })],
  ];

const endings: Readonly<
  Record<string, (connection: Connection, bytes: Buffer) => Promise<readonly string[]>>
> = {
  async reset({ socket }, bytes) {
    await written(socket, bytes);
    socket.resetAndDestroy();
    return [];
  },
  async 'half-close'(connection, bytes) {
    connection.socket.end(bytes);
    const { problem } = await untilEnded(connection);
    return problem === undefined ? [] : [problem];
  },
};

const judged = (scene: Scene, { received }: Connection): readonly string[] => httpProblems(received(), scene);
/** Of a long frame the head and the end are looked at; the middle is all the same. */
const LONG = 2_000;

function cutCases(what: string, acknowledged: boolean, bytes: Buffer, scale: Parameters<typeof cuts>[1]) {
  const at = bytes.length > LONG ? [1, 2, 3, 4, 7, 9, bytes.length - 1] : cuts(bytes.length, scale);
  return Object.entries(endings).flatMap(([ending, end]) =>
    at.map(
      (cut): Case => ({
        name: `${what}, ${ending} behind byte ${cut} of ${bytes.length}`,
        async run(scene) {
          const connection = await socketTo(scene, { acknowledged });
          const problems = await end(connection, bytes.subarray(0, cut));
          return [...problems, ...judged(scene, connection)];
        },
      }),
    ),
  );
}

const endless = Buffer.from([0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4]);
const text = (content: string): Buffer => frame(opcodes.text, content);
const notUtf8 = Buffer.from([0xce, 0xba, 0xed, 0xa0, 0x80]);
const long = 'x'.repeat(1_000);
const breaches: readonly (readonly [what: string, bytes: Buffer])[] = [
  ['a frame without a mask', frame(opcodes.text, '{}', { masked: false })],
  ['reserved bits', frame(opcodes.text, '{}', { reserved: 0x70 })],
  ['a reserved opcode', frame(3, 'x')],
  ['a reserved opcode of control', frame(11, 'x')],
  ['a continuation of nothing', frame(opcodes.continuation, 'x')],
  ['a text within a text', Buffer.concat([frame(1, '{', { final: false }), frame(1, '}')])],
  ['a control frame in fragments', frame(opcodes.ping, 'x', { final: false })],
  ['a ping of 126 bytes', frame(opcodes.ping, 'x'.repeat(126))],
  ['a length beyond all', endless],
  ['a message of 70,000 bytes', text('x'.repeat(70_000))],
  ['text that is not UTF-8', frame(opcodes.text, notUtf8)],
  ['a binary frame', frame(opcodes.binary, 'x')],
  ['a close with one byte', frame(opcodes.close, 'x')],
  ['a close with a reserved code', frame(opcodes.close, Buffer.from([0x03, 0xee]))],
  [
    'a close with text that is not UTF-8',
    frame(opcodes.close, Buffer.concat([Buffer.from([0x03, 0xe8]), notUtf8])),
  ],
  ['an empty text', text('')],
  ['no JSON', text('hello')],
  ['a number', text('1')],
  ['null', text('null')],
  ['a list', text('[]')],
  ['a type that is none', text('{"type":"hello"}')],
  ['a long type', text(JSON.stringify({ type: long }))],
  ['what only servers say', text('{"type":"connection_ack"}')],
  ['a second connection_init', text('{"type":"connection_init"}')],
  ['a subscription without an id', text('{"type":"subscribe","payload":{"query":"{ now }"}}')],
  ['a subscription without a query', text('{"type":"subscribe","id":"1","payload":{}}')],
  ['an id that is a number', text('{"type":"subscribe","id":1,"payload":{"query":"{ now }"}}')],
  ['an empty id', text('{"type":"subscribe","id":"","payload":{"query":"{ now }"}}')],
  ['an id twice', Buffer.concat([subscribe('1', FEED), subscribe('1', FEED)])],
  ['a long id twice', Buffer.concat([subscribe(long, FEED), subscribe(long, FEED)])],
  [
    'an id of snowmen twice',
    Buffer.concat([subscribe('☃'.repeat(60), FEED), subscribe('☃'.repeat(60), FEED)]),
  ],
  [
    'a name that objects have',
    Buffer.concat([subscribe('__proto__', FEED), subscribe('constructor', '{ now }')]),
  ],
];

function breachCases(acknowledged: boolean): readonly Case[] {
  const when = acknowledged ? '' : ' before the acknowledgement';
  return breaches.map(([what, bytes]) => ({
    name: `${what}${when}`,
    async run(scene) {
      const connection = await socketTo(scene, { acknowledged });
      await written(connection.socket, bytes);
      const framesOf = (all: Buffer) => readFrames(readAnswers(all).rest);
      const isOver = (all: Buffer): boolean => closedWith(framesOf(all)) !== undefined;
      const isAnswered = (all: Buffer): boolean =>
        framesOf(all).some(({ payload }) =>
          (acknowledged ? /"type":"(next|error|complete|pong)"/ : /"type":"(connection_ack|pong)"/).test(
            payload.toString(),
          ),
        );
      const came = await untilEnough(connection, (all) => isOver(all) || isAnswered(all), CLOSE_MS);
      connection.socket.destroy();
      const met = isOver(came) || isAnswered(came);
      return [
        ...frameProblems(readAnswers(came).rest),
        ...judged(scene, connection),
        ...(met ? [] : [`neither an answer nor a close within ${CLOSE_MS} ms`]),
      ];
    },
  }));
}

export const frameAttacks: Attack = {
  name: 'frames',
  atOnce: 24,
  cases: (world, scale) => [
    ...good.flatMap(([what, acknowledged, bytes]) => cutCases(what, acknowledged, bytes(world), scale)),
    ...breachCases(true),
    ...breachCases(false),
  ],
};
