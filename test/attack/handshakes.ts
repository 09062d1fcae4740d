import type { Inhabited } from '../support/inhabited.ts';
import { httpProblems, readAnswers } from './answers.ts';
import type { Attack, Case, Scale, Scene } from './attack.ts';
import { opened, untilEnded, untilEnough, written } from './connection.ts';
import { as, command, FEED, graphql, host, http, sse, upgrade, webSocketFields } from './requests.ts';

// Connections that end at every byte of what begins them: reset, or ended on one side.

/** For the gate every so many bytes are enough, from one on that the seed picks, and the last few. */
const SHORT_STEP = 19;
const LAST_BYTES = 3;
/** How long the first byte of an answer is waited for, so that the reset meets an answer under way. */
const ANSWER_MS = 1_000;

const bid = { auctionId: 'open-1', maximum: { amount: '100', currency: 'USD' } };
const handshakes: readonly (readonly [what: string, text: (world: Inhabited) => string])[] = [
  ['an upgrade to /graphql', (world) => upgrade(world)],
  ['an upgrade to another path', (world) => upgrade(world, '/elsewhere')],
  ['an upgrade of a wrong version', (world) => upgrade(world).replace('Version: 13', 'Version: 99')],
  ['an upgrade over HTTP/1.0', (world) => http('GET /graphql HTTP/1.0', [host(world), ...webSocketFields])],
  ['CONNECT', () => http('CONNECT a.example:443 HTTP/1.1', ['Host: a.example:443'])],
  ['a command', (world) => command(world, 'auctions/place-bid', bid, [as(world, 'cyd')])],
  ['a question', (world) => graphql(world, '{ now }')],
  [
    'a body that waits for 100',
    (world) => command(world, 'auctions/place-bid', bid, ['Expect: 100-continue']),
  ],
  ['an expectation', (world) => http('GET /health/live HTTP/1.1', [host(world), 'Expect: tea'])],
  [
    'requests in a pipeline',
    (world) => http('GET /health/live HTTP/1.1', [host(world)]) + graphql(world, '{ now }') + upgrade(world),
  ],
  ['a feed of server-sent events', (world) => sse(world, FEED)],
  [
    'a body in chunks',
    (world) =>
      `${http('POST /graphql HTTP/1.1', [host(world), 'Content-Type: application/json', 'Transfer-Encoding: chunked'])}f\r\n{"query":"{now}"\r\n1\r\n}\r\n0\r\n\r\n`,
  ],
];

/** Where a text is cut: everywhere, or for the gate here and there. */
export function cuts(length: number, { short, chance }: Scale): readonly number[] {
  const step = short ? SHORT_STEP : 1;
  const first = 1 + chance.below(step);
  const all = Array.from({ length }, (_, at) => at + 1);
  return all.filter((at) => (at - first) % step === 0 || at > length - LAST_BYTES);
}

const endings: Readonly<Record<string, (scene: Scene, bytes: string) => Promise<readonly string[]>>> = {
  async reset(scene, bytes) {
    const { socket } = await opened(scene);
    await written(socket, bytes);
    socket.resetAndDestroy();
    return [];
  },
  async 'half-close'(scene, bytes) {
    const connection = await opened(scene, { halfOpen: true });
    connection.socket.end(bytes);
    const { bytes: came, problem } = await untilEnded(connection);
    return [...httpProblems(came, scene), ...(problem === undefined ? [] : [problem])];
  },
};

function casesOf(what: string, text: string, scale: Scale): readonly Case[] {
  const cut = Object.entries(endings).flatMap(([ending, run]) =>
    cuts(text.length, scale).map((at) => ({
      name: `${what}, ${ending} behind byte ${at} of ${text.length}`,
      run: (scene: Scene) => run(scene, text.slice(0, at)),
    })),
  );
  const answered: Case = {
    name: `${what}, reset behind the first bytes of its answer`,
    async run(scene) {
      const connection = await opened(scene);
      await written(connection.socket, text);
      const came = await untilEnough(connection, (bytes) => bytes.length > 0, ANSWER_MS);
      connection.socket.resetAndDestroy();
      return readAnswers(came).answers.length > 0 || came.length === 0 ? httpProblems(came, scene) : [];
    },
  };
  return [...cut, answered];
}

export const handshakeAttacks: Attack = {
  name: 'handshakes',
  atOnce: 24,
  cases: (world, scale) => handshakes.flatMap(([what, text]) => casesOf(what, text(world), scale)),
};
