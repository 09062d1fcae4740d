import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Door } from './door.ts';

// WebSocket as bytes, for peers that do not keep to it.

export const [CONTINUATION, TEXT, BINARY, CLOSE, PING] = [0, 1, 2, 8, 9];
export const INIT = '{"type":"connection_init"}';

/** A frame as a client sends it: masked with zeros, which change nothing. */
export function frame(opcode: number, payload: string | Buffer, { fin = true, masked = true } = {}): Buffer {
  const bytes = Buffer.from(payload);
  const length = bytes.length < 126 ? [bytes.length] : [126, bytes.length >> 8, bytes.length & 0xff];
  const [short = 0, ...long] = length;
  const start = Buffer.from([(fin ? 0x80 : 0) | opcode, (masked ? 0x80 : 0) | short, ...long]);
  return Buffer.concat([start, Buffer.alloc(masked ? 4 : 0), bytes]);
}

export const many = (frames: number, one: Buffer): Buffer =>
  Buffer.concat(Array.from({ length: frames }, () => one));

export interface Handshake {
  readonly target?: string;
  readonly method?: string;
  readonly version?: string;
  /** In place of `Host: x`, or left out if undefined; other names are added. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
}

const usual = {
  Host: 'x',
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Protocol': 'graphql-transport-ws',
};

/** The request that begins a socket, as it stands on the wire. */
export function handshake({ target = '/graphql', method = 'GET', version = '1.1', headers }: Handshake = {}) {
  const lines = Object.entries({ ...usual, ...headers }).flatMap(([name, values = []]) =>
    [values].flat().map((value) => `${name}: ${value}`),
  );
  return `${[`${method} ${target} HTTP/${version}`, ...lines].join('\r\n')}\r\n\r\n`;
}

/** A connection that has become a socket. */
export async function upgraded({ connected }: Pick<Door, 'connected'>): Promise<Socket> {
  const socket = await connected();
  socket.write(handshake());
  await once(socket, 'data');
  return socket;
}

/** A frame as the platform sends it. */
export interface Heard {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** The whole frames in what came behind the handshake's answer. */
export function framesIn(bytes: Buffer): readonly Heard[] {
  const heard: Heard[] = [];
  for (let at = 0; at + 1 < bytes.length; ) {
    const [first = 0, short = 0] = bytes.subarray(at, at + 2);
    const start = at + (short === 127 ? 10 : short === 126 ? 4 : 2);
    if (start > bytes.length) break;
    const length =
      short === 127
        ? Number(bytes.readBigUInt64BE(at + 2))
        : short === 126
          ? bytes.readUInt16BE(at + 2)
          : short;
    if (start + length > bytes.length) break;
    heard.push({ opcode: first & 0xf, payload: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return heard;
}

/** The platform's goodbye; undefined: it went without a word. */
export function goodbye(bytes: Buffer): { readonly code: number; readonly reason: string } | undefined {
  const last = framesIn(bytes).find(({ opcode }) => opcode === CLOSE);
  if (last === undefined) return undefined;
  return { code: last.payload.readUInt16BE(), reason: last.payload.toString('utf8', 2) };
}

export const closeCode = (wire: string): number | undefined => goodbye(Buffer.from(wire, 'latin1'))?.code;
