import { httpProblems } from './answers.ts';
import type { Scene } from './attack.ts';
import { type Connection, opened, written } from './connection.ts';
import { host, http, upgrade } from './requests.ts';

// Connections whose own side never ends, whatever the platform says: refused, ended by it, or told goodbye, and still there.

/** Of each kind. */
const EACH = 40;

const refused: readonly (readonly [what: string, text: (scene: Scene) => string])[] = [
  ['a malformed request', () => 'NONSENSE\r\n\r\n'],
  ['CONNECT', () => http('CONNECT a.example:443 HTTP/1.1', ['Host: a.example:443'])],
  ['a refused expectation', ({ world }) => http('GET / HTTP/1.1', [host(world), 'Expect: tea'])],
  ['an upgrade elsewhere', ({ world }) => upgrade(world, '/elsewhere')],
  ['an upgrade of a wrong version', ({ world }) => upgrade(world).replace('Version: 13', 'Version: 99')],
  ['an upgrade without a key', ({ world }) => upgrade(world).replace(/Sec-WebSocket-Key: .*\r\n/, '')],
  [
    'a body too large',
    ({ world }) => http('POST /graphql HTTP/1.1', [host(world), 'Content-Length: 9999999']),
  ],
  [
    'the last request of a connection',
    ({ world }) => http('GET /health/live HTTP/1.1', [host(world), 'Connection: close']),
  ],
  ['half a line', () => 'GET /hea'],
  ['a socket that never says who it is', ({ world }) => upgrade(world)],
];

export interface Held {
  readonly count: number;
  /** What is wrong with what they were told. */
  problems(scene: Scene): readonly string[];
  release(): void;
}

/** Opens them; they stay until they are released. */
export async function holdOpen(scene: Scene): Promise<Held> {
  const held: Connection[] = [];
  for (const [, text] of refused)
    for (let one = 0; one < EACH; one++) {
      const connection = await opened(scene, { halfOpen: true }).catch(() => undefined);
      if (connection === undefined) continue;
      await written(connection.socket, text(scene));
      held.push(connection);
    }
  return {
    count: held.length,
    problems: (at) => [...new Set(held.flatMap(({ received }) => httpProblems(received(), at)))],
    release() {
      for (const { socket } of held) socket.destroy();
    },
  };
}
