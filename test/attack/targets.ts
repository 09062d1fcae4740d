import { METHODS } from 'node:http';
import type { Inhabited } from '../support/inhabited.ts';
import { httpProblems, readAnswers } from './answers.ts';
import type { Attack, Case, Scene } from './attack.ts';
import { happens, opened, untilEnded, written } from './connection.ts';
import { as, host } from './requests.ts';

// Every method with every form of target (RFC 9112, 3.2): whatever is asked of whatever, the answer is the catalogue's.

/** What Node's parser knows, what it does not, and what is no method at all. */
const methods = [...METHODS, 'get', 'Post', 'BREW', 'G', 'X'.repeat(300), 'GE T', 'GE\u0000T', '"GET"'];
/** For these all targets are tried in the gate; of the others each a few. */
const COMMON: ReadonlySet<string> = new Set(['GET', 'POST', 'HEAD', 'OPTIONS', 'CONNECT', 'TRACE']);
const SHORT_TARGETS = 4;
/** How long an answer is waited for before our side is ended. */
const PATIENCE_MS = 2_000;

const paths = [
  '/',
  '/graphql',
  '/commands/auctions/place-bid',
  '/health/live',
  '/openapi.json',
  '/docs',
  '/metrics',
];
/** Targets that are the same wherever the platform listens. */
const fixed: readonly string[] = [
  ...paths,
  ...[
    'http://a:b/',
    'http://a:99999/',
    'http://a:-1/',
    'http://:80/',
    'http://[::1/',
    'http://[zz]/',
    'http://@/',
  ],
  ...[
    'http://',
    'http:',
    'http:///graphql',
    'http://user:secret@a/graphql',
    '://',
    'http://a?x',
    'http://a#x',
  ],
  ...['*', '**', '*/graphql', '', '?', '#', '.', '..', 'graphql', '\\graphql', '@', '%', '\u0000'],
  ...[
    '//',
    '//graphql',
    '///',
    '//a.example/graphql',
    '/./graphql',
    '/../graphql',
    '/a/../../graphql',
    '/graphql/',
  ],
  ...['/graphql/..', '/%2e%2e/graphql', '/%2fgraphql', '/graphql%00', '/graphql%0d%0aX: y', '/GRAPHQL'],
  ...[
    '/%',
    '/%zz',
    '/%ff',
    '/%c0%ae',
    '/%ed%a0%80',
    '/commands/%ff/%ff',
    '/commands/%/x',
    '/provider/3-d-secure/%ff',
  ],
  ...[
    '/graphql?query=%',
    '/graphql?query=%ff',
    '/graphql?query',
    '/graphql?query={now}',
    '/graphql?query=%7Bnow%7D',
  ],
  ...[
    '/graphql?query=%7Bnow%7D&variables=%',
    '/graphql?variables={&query=%7Bnow%7D',
    '/graphql?__proto__[a]=b',
  ],
  ...[
    '/commands',
    '/commands/',
    '/commands/auctions',
    '/commands/__proto__/constructor',
    '/commands/auctions/place-bid/x',
  ],
  ...[
    '/commands/constructor/toString',
    '/dev/tokens',
    '/dev/clock',
    '/dev/payments/x',
    '/health',
    '/health/ready',
    '/webhooks/payments',
  ],
  ...[
    '/provider/3-d-secure',
    '/provider/3-d-secure/x',
    '/favicon.ico',
    '/.env',
    '/package.json',
    '/../../etc/passwd',
  ],
  ...[
    `/${'a'.repeat(2_000)}`,
    `/${'a/'.repeat(4_000)}`,
    `/${'%2e'.repeat(2_000)}`,
    `/graphql?${'a=b&'.repeat(3_000)}`,
  ],
  ...[
    '/é',
    '/\u2603',
    '/graphql\u00ff',
    '/\ud83d\ude00',
    '/gra phql',
    '/graphql\tx',
    '/graphql?query={ now }',
  ],
  ...['/graphql;a=b', '/graphql|', '/graphql"', '/<b>', "/'", '/graphql#x', '/graphql?#', '/\\..\\graphql'],
];

const targets = (world: Inhabited): readonly string[] => {
  const { host: authority } = new URL(world.url);
  return [
    ...fixed,
    ...paths.map((path) => `http://${authority}${path}`),
    ...['https', 'ftp', 'javascript', 'HTTP'].map((scheme) => `${scheme}://${authority}/graphql`),
    ...[authority, 'a.example:443', 'a.example', 'a.example:b', ':443', '[::1]:443'],
  ];
};

function caseOf(world: Inhabited, method: string, target: string): Case {
  const fields = [host(world), as(world, 'cyd'), 'Content-Type: application/json', 'Connection: close'];
  const body = /^[A-Z]+$/.test(method) && !['GET', 'HEAD', 'CONNECT', 'TRACE'].includes(method) ? '{}' : '';
  const length = body === '' ? [] : [`Content-Length: ${body.length}`];
  const text = [`${method} ${target} HTTP/1.1`, ...fields, ...length, '', body].join('\r\n');
  const short = target.length > 60 ? `${target.slice(0, 60)}… (${target.length})` : target;
  return {
    name: `${method.slice(0, 20)} ${JSON.stringify(short)}`,
    // The provider is a stranger with pages of its own, also where it says no.
    run: (scene) => exchanged(scene, text, { method, isPage: target.includes('/3-d-secure') }),
  };
}

/** Sends a request that has to be answered, once, by the end of its connection. */
export async function exchanged(
  scene: Scene,
  text: string | Buffer,
  { method = 'GET', isPage = false } = {},
): Promise<readonly string[]> {
  const connection = await opened(scene);
  await written(connection.socket, typeof text === 'string' ? Buffer.from(text, 'utf8') : text);
  // Whoever has sent less than was announced says so in the end: the platform's own timeouts are met elsewhere.
  if (!(await happens(PATIENCE_MS, connection.closed))) connection.socket.end();
  const { bytes, problem } = await untilEnded(connection);
  const { answers } = readAnswers(bytes, [method]);
  return [
    ...(problem === undefined ? [] : [problem]),
    ...(answers.length === 0 ? ['there was no answer'] : []),
    ...httpProblems(bytes, { methods: [method], secrets: scene.secrets, isPage }),
  ];
}

export const targetAttacks: Attack = {
  name: 'targets',
  atOnce: 16,
  cases(world, { short, chance }) {
    const all = targets(world);
    return methods.flatMap((method) => {
      const tried =
        short && !COMMON.has(method) ? Array.from({ length: SHORT_TARGETS }, () => chance.pick(all)) : all;
      return tried.map((target) => caseOf(world, method, target));
    });
  },
};
