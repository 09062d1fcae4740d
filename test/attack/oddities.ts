import type { Inhabited } from '../support/inhabited.ts';
import type { Attack, Case } from './attack.ts';
import { as, host, webSocketFields } from './requests.ts';
import { exchanged } from './targets.ts';

// HTTP as nobody should speak it: hosts, versions, line ends, lengths, chunks, fields and upgrades. Whatever is made of it, one
// connection gets answers of the catalogue, and its end.

const LIVE = 'GET /health/live HTTP/1.1';
const CLOSE = 'Connection: close';
const JSON_TYPE = 'Content-Type: application/json';
const lines = (...all: readonly string[]): string => `${all.join('\r\n')}\r\n\r\n`;

const hosts = [
  ...[
    '',
    ' ',
    'a b',
    'a,b',
    'a/b',
    'a?b',
    'a#b',
    'a@b',
    'user:secret@a',
    '@',
    ':80',
    'a:',
    'a:b',
    'a:99999',
    'a:-1',
  ],
  ...[
    '[::1]',
    '[::1',
    '::1',
    '[zz]',
    '[::1]:x',
    '127.0.0.1',
    '127.1',
    '0x7f.1',
    'é',
    'xn--',
    'a..b',
    '.',
    '-',
    '%41',
    '%',
  ],
  ...['a\tb', '"a"', '<a>', 'a'.repeat(300), 'http://a', '*', 'localhost', 'a\u0000b', '\u2603'],
];

const hostCases = (): readonly (readonly [string, string])[] => [
  ...hosts.map((name): [string, string] => [
    `Host ${JSON.stringify(name.slice(0, 30))}`,
    lines(LIVE, `Host: ${name}`, CLOSE),
  ]),
  ['no Host', lines(LIVE, CLOSE)],
  ['two Hosts', lines(LIVE, 'Host: a', 'Host: b', CLOSE)],
  ['the same Host twice', lines(LIVE, 'Host: a', 'Host: a', CLOSE)],
  ['no Host for a question', lines('GET /graphql?query=%7Bnow%7D HTTP/1.1', CLOSE)],
  ['another Host than the target', lines('GET http://b/health/live HTTP/1.1', 'Host: a', CLOSE)],
];

const versionCases = (): readonly (readonly [string, string])[] => [
  ['HTTP/1.0', lines('GET /health/live HTTP/1.0')],
  ['HTTP/1.0 that keeps its connection', lines('GET /health/live HTTP/1.0', 'Host: a')],
  ['HTTP/0.9', 'GET /health/live\r\n\r\n'],
  ...[
    'HTTP/2.0',
    'HTTP/1.2',
    'HTTP/1',
    'HTTP/',
    'http/1.1',
    'HTTP/1.1 ',
    'HTTP/9.9',
    'HTTP/1.10',
    'ICY/1.1',
    'RTSP/1.0',
  ].map((version): [string, string] => [version, lines(`GET /health/live ${version}`, 'Host: a', CLOSE)]),
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['a hello of TLS', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003'],
  ['an answer', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ['lines of SMTP', 'EHLO a.example\r\nMAIL FROM:<a@a.example>\r\n'],
  ['bare line feeds', `${LIVE}\nHost: a\n${CLOSE}\n\n`],
  ['bare carriage returns', `${LIVE}\rHost: a\r${CLOSE}\r\r`],
  ['a blank line first', `\r\n${lines(LIVE, 'Host: a', CLOSE)}`],
  ['a line that goes on', lines(LIVE, 'Host: a', 'X-A: b', ' c', CLOSE)],
  ['blanks before the colon', lines(LIVE, 'Host : a', CLOSE)],
  ['no colon', lines(LIVE, 'Host: a', 'X-A', CLOSE)],
  ['a name that is empty', lines(LIVE, 'Host: a', ': b', CLOSE)],
  ['a name with a blank', lines(LIVE, 'Host: a', 'X A: b', CLOSE)],
  ['a zero byte in a field', lines(LIVE, 'Host: a', 'X-A: b\u0000c', CLOSE)],
  ['101 fields', lines(LIVE, 'Host: a', CLOSE, ...Array.from({ length: 101 }, (_, at) => `X-${at}: a`))],
  ['a long field', lines(LIVE, 'Host: a', CLOSE, `X-A: ${'a'.repeat(20_000)}`)],
  ['a long name', lines(LIVE, 'Host: a', CLOSE, `${'A'.repeat(20_000)}: a`)],
];

function bodyCases(world: Inhabited): readonly (readonly [string, string])[] {
  const post = (target: string, fields: readonly string[], body: string): string =>
    lines(`POST ${target} HTTP/1.1`, host(world), as(world, 'cyd'), CLOSE, ...fields) + body;
  const framings: readonly (readonly [string, readonly string[], string])[] = [
    ['both lengths', ['Content-Length: 2', 'Transfer-Encoding: chunked'], '2\r\n{}\r\n0\r\n\r\n'],
    ['two lengths', ['Content-Length: 2', 'Content-Length: 3'], '{}'],
    ['the same length twice', ['Content-Length: 2', 'Content-Length: 2'], '{}'],
    ['two lengths in one', ['Content-Length: 2, 2'], '{}'],
    ...['-1', '+2', '2.0', '0x2', '', ' ', 'x', '99999999999999999999', '1e1'].map(
      (length): [string, string[], string] => [
        `a length of ${JSON.stringify(length)}`,
        [`Content-Length: ${length}`],
        '{}',
      ],
    ),
    ...[
      'gzip',
      'identity',
      'chunked, gzip',
      'gzip, chunked',
      'Chunked',
      'x',
      'chunked, chunked',
      ' chunked',
      '"chunked"',
    ].map((coding): [string, string[], string] => [
      `the coding ${JSON.stringify(coding)}`,
      [`Transfer-Encoding: ${coding}`],
      '2\r\n{}\r\n0\r\n\r\n',
    ]),
    ['two codings', ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], '2\r\n{}\r\n0\r\n\r\n'],
    ...[
      'zz\r\n{}\r\n0\r\n\r\n',
      '-1\r\n{}\r\n',
      'ffffffffffffffffff\r\n{}',
      '2\n{}\n0\n\n',
      '2\r\n{}0\r\n\r\n',
      '2 \r\n{}\r\n0\r\n\r\n',
      `2;${'a'.repeat(30_000)}\r\n{}\r\n0\r\n\r\n`,
      '2\r\n{}\r\n0\r\nX-A: b\r\n\r\n',
      '0x2\r\n{}\r\n0\r\n\r\n',
    ].map((chunks): [string, string[], string] => [
      `the chunks ${JSON.stringify(chunks.slice(0, 20))}`,
      ['Transfer-Encoding: chunked'],
      chunks,
    ]),
    ['no length', [], '{}'],
    ['a body that is too large by its length', ['Content-Length: 9999999'], '{}'],
    ['a coding of content', ['Content-Length: 2', 'Content-Encoding: gzip'], '{}'],
    ['a coding of content that nobody knows', ['Content-Length: 2', 'Content-Encoding: x'], '{}'],
    ['an upgrade with a body', ['Content-Length: 2', 'Connection: upgrade', 'Upgrade: websocket'], '{}'],
  ];
  const bodies = [
    '',
    '{',
    '[]',
    'null',
    '1',
    '"x"',
    '[{"query":"{now}"}]',
    '\ufeff{}',
    '{"query":1}',
    '{"__proto__":{}}',
    '['.repeat(5_000),
  ];
  const types = [
    '',
    'text/plain',
    'APPLICATION/JSON',
    'application/json; charset=utf-16',
    'application/json;',
    'multipart/form-data',
    'application/graphql',
    'x',
    'application/json, text/plain',
    'application/x-www-form-urlencoded',
  ];
  const accepts = [
    '',
    '*/*;q=0',
    'application/json;q=0',
    'text/html',
    'text/event-stream;q=0',
    'x',
    ',',
    'application/graphql-response+json;q=2',
    'multipart/mixed',
  ];
  return ['/graphql', '/commands/wallets/transfer', '/webhooks/payments'].flatMap(
    (target): readonly (readonly [string, string])[] => [
      ...framings.map(([what, fields, body]): [string, string] => [
        `${what} to ${target}`,
        post(target, [JSON_TYPE, ...fields], body),
      ]),
      ...bodies.map((body): [string, string] => [
        `the body ${JSON.stringify(body.slice(0, 20))} to ${target}`,
        post(target, [JSON_TYPE, `Content-Length: ${Buffer.byteLength(body)}`], body),
      ]),
      ...types.map((type): [string, string] => [
        `the type ${JSON.stringify(type)} to ${target}`,
        post(target, [`Content-Type: ${type}`, 'Content-Length: 2'], '{}'),
      ]),
      ...accepts.map((accept): [string, string] => [
        `Accept ${JSON.stringify(accept)} to ${target}`,
        post(target, [JSON_TYPE, `Accept: ${accept}`, 'Content-Length: 17'], '{"query":"{now}"}'),
      ]),
    ],
  );
}

function fieldCases(world: Inhabited): readonly (readonly [string, string])[] {
  const ask = (...fields: readonly string[]): string =>
    lines('GET /graphql?query=%7Bnow%7D HTTP/1.1', host(world), CLOSE, ...fields);
  const tokens = [
    '',
    'Bearer',
    'Bearer ',
    'Bearer x',
    'Bearer x.y.z',
    'Basic eDp5',
    'x',
    'bearer é',
    `Bearer ${'a'.repeat(8_000)}`,
    'Bearer eyJhbGciOiJub25lIn0.e30.',
    'Bearer x, Bearer y',
  ];
  return [
    ...tokens.map((token): [string, string] => [
      `Authorization ${JSON.stringify(token.slice(0, 30))}`,
      ask(`Authorization: ${token}`),
    ]),
    ['two Authorizations', ask(as(world, 'cyd'), as(world, 'dan'))],
    ...['100-continue', 'x', '', '100-continue, x'].map((expect): [string, string] => [
      `Expect ${JSON.stringify(expect)}`,
      ask(`Expect: ${expect}`),
    ]),
    ...['x'.repeat(100), 'é', 'a b', '<b>', ''].map((id): [string, string] => [
      `X-Request-Id ${JSON.stringify(id.slice(0, 20))}`,
      ask(`X-Request-Id: ${id}`),
    ]),
    ['an origin elsewhere', ask('Origin: https://evil.example')],
    ['an origin that is none', ask('Origin: null')],
    [
      'forwarded by a stranger',
      ask('X-Forwarded-For: 127.0.0.1', 'Forwarded: for=127.0.0.1', 'X-Forwarded-Host: evil.example'),
    ],
    ['another method in a field', ask('X-HTTP-Method-Override: DELETE')],
    ['ranges', ask('Range: bytes=0-0,1-1,2-2')],
    ['conditions', ask('If-None-Match: *', 'If-Modified-Since: x')],
  ];
}

/** None of these may be answered by 101. */
function upgradeCases(world: Inhabited): readonly (readonly [string, string])[] {
  const good = [host(world), ...webSocketFields];
  const without = (name: string): readonly string[] => good.filter((field) => !field.startsWith(name));
  const wrong = (name: string, value: string): readonly string[] => [...without(name), `${name}: ${value}`];
  const refused: readonly (readonly [string, readonly string[]])[] = [
    ...['0', '8', '99', 'x', '13, 8', ''].map((version): [string, readonly string[]] => [
      `the version ${JSON.stringify(version)}`,
      wrong('Sec-WebSocket-Version', version),
    ]),
    ['no version', without('Sec-WebSocket-Version')],
    ...['', 'x', 'AAAA', 'a'.repeat(24), '!!!!!!!!!!!!!!!!!!!!!!=='].map(
      (key): [string, readonly string[]] => [
        `the key ${JSON.stringify(key)}`,
        wrong('Sec-WebSocket-Key', key),
      ],
    ),
    ['no key', without('Sec-WebSocket-Key')],
    ['two keys', [...good, 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==']],
    ...['', ',', 'x,', 'a b', 'graphql-transport-ws, graphql-transport-ws'].map(
      (protocol): [string, readonly string[]] => [
        `the protocol ${JSON.stringify(protocol)}`,
        wrong('Sec-WebSocket-Protocol', protocol),
      ],
    ),
    ['two Hosts', [...good, 'Host: b']],
    ['no Host', without('Host')],
    ['a malformed Host', wrong('Host', 'a b')],
    ['an extension that is none', [...good, 'Sec-WebSocket-Extensions: =;;']],
  ];
  return [
    ...refused.map(([what, fields]): [string, string] => [
      `an upgrade with ${what}`,
      lines('GET /graphql HTTP/1.1', ...fields),
    ]),
    ['an upgrade by POST', lines('POST /graphql HTTP/1.1', ...good, 'Content-Length: 0')],
    ['an upgrade over HTTP/1.0', lines('GET /graphql HTTP/1.0', ...good)],
    ['an upgrade elsewhere', lines('GET /elsewhere HTTP/1.1', ...good)],
    ['an upgrade of a target with garbage', lines('GET /%ff HTTP/1.1', ...good)],
    [
      'an upgrade to h2c',
      lines(
        'GET /health/live HTTP/1.1',
        host(world),
        'Connection: Upgrade, HTTP2-Settings, close',
        'Upgrade: h2c',
        'HTTP2-Settings: AAMAAABkAAQAAP__',
      ),
    ],
  ];
}

export const oddityAttacks: Attack = {
  name: 'oddities',
  atOnce: 24,
  cases: (world) => {
    const all = [
      ...hostCases(),
      ...versionCases(),
      ...bodyCases(world),
      ...fieldCases(world),
      ...upgradeCases(world),
    ];
    return all.map(
      ([name, text]): Case => ({
        name,
        run: (scene) => exchanged(scene, Buffer.from(text, text.startsWith('\u0016') ? 'latin1' : 'utf8')),
      }),
    );
  },
};
