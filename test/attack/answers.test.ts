import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Invalid } from '#domain/kernel/rejections.ts';
import { httpProblems } from './answers.ts';

// The judge of bytes finds what there is to find: an attack whose judge is blind proves nothing.

const head = (status: number, type: string, body: string): string =>
  `HTTP/1.1 ${status} X\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const json = (status: number, body: object): string => head(status, 'application/json', JSON.stringify(body));
const invalid = { ...Invalid({ issues: [] }), rejected: undefined };
const errors = (code: string): object => ({ errors: [{ message: 'No.', extensions: { code } }] });
const upgraded = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n';
const told = (opcode: number, payload: string): string =>
  `${String.fromCharCode(0x80 | opcode, payload.length)}${payload}`;
const said = (message: object): string => upgraded + told(1, JSON.stringify(message));
const closed = (code: number): string => upgraded + told(8, String.fromCharCode(code >> 8, code & 0xff));

const right: readonly (readonly [what: string, wire: string])[] = [
  ['nothing', ''],
  ['half a line', 'HTTP/1.'],
  ['half a head', 'HTTP/1.1 400 Bad'],
  ['a no by REST', json(400, invalid)],
  ['a no by GraphQL', json(200, errors('invalid'))],
  ['two answers', json(200, { status: 'live' }) + json(400, invalid)],
  ['an answer that was cut off', json(400, invalid).slice(0, -5)],
  ['a page', head(200, 'text/html', 'programs say TypeError')],
  ['an interim answer', `HTTP/1.1 100 Continue\r\n\r\n${json(400, invalid)}`],
  [
    'a body in chunks',
    'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
  ],
  [
    'a no on a socket',
    said({ id: '1', type: 'error', payload: [{ message: 'No.', extensions: { code: 'invalid' } }] }),
  ],
  ['a close for a breach', closed(4_400)],
];
const wrong: readonly (readonly [what: string, wire: string, problem: RegExp])[] = [
  ['no HTTP', 'hello', /bytes that are no answer/],
  ['bytes behind an answer', `${json(200, {})}hello`, /bytes that are no answer/],
  ['a failure', json(500, { code: 'internal', message: '' }), /status is 500/],
  ['a failure told as success', json(200, errors('internal')), /the answer is internal/],
  ['a code that nobody declared', json(400, { code: 'bad_request' }), /bad_request is no code/],
  ['a no without a code', json(404, { message: 'No.' }), /404 without a code/],
  ['an empty no', head(400, 'application/json', ''), /no JSON/],
  ['a page for a no', head(404, 'text/html', '<pre>Cannot GET /x</pre>'), /an answer holds "<pre>"/],
  ['a stack', json(400, { ...invalid, message: 'at parse (/x/y.js:1:2)' }), /an answer holds/],
  [
    'the name of an error',
    json(400, { ...invalid, message: 'TypeError: no' }),
    /an answer holds "TypeError"/,
  ],
  [
    'a folder of this machine',
    json(400, { ...invalid, message: '/srv/annals is full' }),
    /an answer holds "\/srv\/annals"/,
  ],
  [
    'somewhere else',
    'HTTP/1.1 302 Found\r\nLocation: https://evil.example\r\nContent-Length: 0\r\n\r\n',
    /sends people to/,
  ],
  [
    'a feed that fails',
    head(200, 'text/event-stream', `data: ${JSON.stringify(errors('internal'))}\n\n`),
    /the answer is internal/,
  ],
  ['a close for our own fault', closed(4_500), /closed with 4500/],
  ['a message that is none', upgraded + told(1, 'hello'), /a message that is none/],
  [
    'a failure on a socket',
    said({ id: '1', type: 'next', payload: errors('internal') }),
    /the answer is internal/,
  ],
];

const judged = (wire: string) => httpProblems(Buffer.from(wire, 'latin1'), { secrets: ['/srv/annals'] });
for (const [what, wire] of right)
  test(`${what} may leave the port`, () => assert.deepEqual(judged(wire), []));
for (const [what, wire, problem] of wrong)
  test(`${what} may not leave the port`, () => assert.match(judged(wire).join('\n'), problem));
test('an answer to HEAD has no body', () => {
  const wire = Buffer.from(
    'HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n',
  );
  assert.deepEqual(httpProblems(wire, { methods: ['HEAD'], secrets: [] }), []);
});
