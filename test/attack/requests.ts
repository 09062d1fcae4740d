import { createHash } from 'node:crypto';
import type { Inhabited, Person } from '../support/inhabited.ts';

// Requests and frames as bytes, as a good client would send them; what attacks cut, bend and repeat.

/** A text of HTTP: the line, its fields, and a body whose length is told. */
export function http(line: string, fields: readonly string[], body = ''): string {
  const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  return [line, ...fields, ...length, '', body].join('\r\n');
}

const JSON_TYPE = 'Content-Type: application/json';
export const host = (world: Inhabited): string => `Host: ${new URL(world.url).host}`;
export const as = (world: Inhabited, person: Person): string =>
  `Authorization: ${world.sessions[person].authorization}`;

/** The key and version of a WebSocket handshake; the key is the same each time, as nobody relies on it. */
export const webSocketFields = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  `Sec-WebSocket-Key: ${createHash('md5').update('attack').digest('base64')}`,
  'Sec-WebSocket-Protocol: graphql-transport-ws',
] as const;

export const upgrade = (world: Inhabited, path = '/graphql'): string =>
  http(`GET ${path} HTTP/1.1`, [host(world), ...webSocketFields]);

export const graphql = (
  world: Inhabited,
  query: string,
  fields: readonly string[] = [],
  variables: object = {},
): string =>
  http('POST /graphql HTTP/1.1', [host(world), JSON_TYPE, ...fields], JSON.stringify({ query, variables }));

export const command = (
  world: Inhabited,
  path: string,
  data: object,
  fields: readonly string[] = [],
): string =>
  http(`POST /commands/${path} HTTP/1.1`, [host(world), JSON_TYPE, ...fields], JSON.stringify(data));

export const FEED = 'subscription { auctionFeed(auctionId: "open-1") { position auction { bids } } }';

export const sse = (world: Inhabited, query: string = FEED, fields: readonly string[] = []): string =>
  graphql(world, query, ['Accept: text/event-stream', ...fields]);

const MASK = Buffer.from([0x1d, 0x5a, 0xc3, 0x77]);
export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A frame as a client sends it: masked, unless it is to be wrong. */
export function frame(
  opcode: number,
  payload: Buffer | string,
  { final = true, masked = true, reserved = 0 } = {},
): Buffer {
  const data = Buffer.from(payload);
  const first = (final ? 0x80 : 0) | reserved | opcode;
  const bit = masked ? 0x80 : 0;
  const head =
    data.length < 126
      ? Buffer.from([first, bit | data.length])
      : data.length < 0x1_0000
        ? Buffer.from([first, bit | 126, data.length >> 8, data.length & 0xff])
        : Buffer.concat([Buffer.from([first, bit | 127]), lengthOf(data.length)]);
  if (!masked) return Buffer.concat([head, data]);
  const hidden = Buffer.from(data);
  for (let at = 0; at < hidden.length; at++) hidden[at] = (data[at] ?? 0) ^ (MASK[at % 4] ?? 0);
  return Buffer.concat([head, MASK, hidden]);
}

function lengthOf(length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(length));
  return bytes;
}

export const message = (content: object): Buffer => frame(opcodes.text, JSON.stringify(content));

export const init = (world: Inhabited, person?: Person): Buffer =>
  message({
    type: 'connection_init',
    payload: person === undefined ? {} : { authorization: world.sessions[person].authorization },
  });

export const subscribe = (id: string, query: string, variables: object = {}): Buffer =>
  message({ id, type: 'subscribe', payload: { query, variables } });
