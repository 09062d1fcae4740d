import { Agent, request } from 'node:http';
import { WebSocket } from 'ws';
import type { FuzzCase, Sending } from './cases.ts';

/** How long a feed is listened to, in milliseconds. */
const FEED_MS = 150;
/** How long a socket may be silent before nothing more is expected of it. */
const SILENCE_MS = 2_000;
/** How long an answer may take. Longer than any wait of the platform itself. */
const ANSWER_MS = 30_000;
/** A connection that was kept may be ended by the server in the moment it is used again. */
const MOST_RECONNECTS = 3;

/** What came back. */
export type Received =
  | { readonly over: 'http'; readonly status: number; readonly type: string; readonly text: string }
  | { readonly over: 'websocket'; readonly heard: readonly string[]; readonly closed: number | undefined };

/** Sends a case; who sends is said by `authorization`. @throws Error when there is no answer */
export type Send = (
  fuzzCase: Pick<FuzzCase, 'sending'>,
  authorization: string | undefined,
) => Promise<Received>;

type OverHttp = Exclude<Sending, { over: 'websocket' }>;

function overHttp(
  url: string,
  agent: Agent,
  sending: OverHttp,
  authorization: string | undefined,
  reconnects = 0,
): Promise<Received> {
  const { method, path, headers, body, feed } = sending;
  const all = { ...headers, ...(authorization && { authorization }) };
  return new Promise((resolve, reject) => {
    const asked = request(url + path, { method, headers: all, agent, timeout: ANSWER_MS }, (response) => {
      const chunks: Buffer[] = [];
      const type = response.headers['content-type'] ?? '';
      const done = () =>
        resolve({
          over: 'http',
          status: response.statusCode ?? 0,
          type,
          text: Buffer.concat(chunks).toString(),
        });
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', done);
      response.on('error', reject);
      // A feed has no end: what it says at once is enough.
      if (feed && type.startsWith('text/event-stream'))
        setTimeout(() => {
          done();
          response.destroy();
        }, FEED_MS);
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${ANSWER_MS} ms`)));
    asked.on('error', (error: Error & { readonly code?: string }) => {
      const again = asked.reusedSocket && error.code === 'ECONNRESET' && reconnects < MOST_RECONNECTS;
      if (again) overHttp(url, agent, sending, authorization, reconnects + 1).then(resolve, reject);
      else reject(error);
    });
    asked.end(body);
  });
}

const endsOperation = (text: string): boolean => /^\{"id":"1","type":"(complete|error)"/.test(text);

function overWebSocket(
  url: string,
  { messages, feed }: Extract<Sending, { over: 'websocket' }>,
  authorization: string | undefined,
): Promise<Received> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const heard: string[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<Received>();
  let quiet = setTimeout(() => reject(new Error(`no answer within ${ANSWER_MS} ms`)), ANSWER_MS);
  const leave = (closed?: number) => {
    clearTimeout(quiet);
    resolve({ over: 'websocket', heard, closed });
    socket.terminate();
  };
  const waitForMore = () => {
    clearTimeout(quiet);
    quiet = setTimeout(leave, feed ? FEED_MS : SILENCE_MS);
  };
  socket.on('open', () => {
    socket.send(JSON.stringify({ type: 'connection_init', payload: authorization ? { authorization } : {} }));
  });
  socket.on('message', (data) => {
    const text = String(data);
    heard.push(text);
    if (text.startsWith('{"type":"connection_ack"'))
      for (const message of messages) socket.send(message, { binary: false });
    if (endsOperation(text)) leave();
    else waitForMore();
  });
  socket.on('close', (code) => leave(code));
  socket.on('error', (error) => {
    clearTimeout(quiet);
    reject(error);
  });
  return promise;
}

/** A client that keeps its connections, at most `connections` at once. */
export function client(url: string, connections: number): { readonly send: Send; close(): void } {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  return {
    send: ({ sending }, authorization) =>
      sending.over === 'websocket'
        ? overWebSocket(url, sending, authorization)
        : overHttp(url, agent, sending, authorization),
    close: () => agent.destroy(),
  };
}

const shellQuoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** The case as a line for a shell; the token stands for whoever sends it. */
export function asCurl(url: string, { sending, as }: Pick<FuzzCase, 'sending' | 'as'>): string {
  const authorization = as === undefined ? '' : ` -H "authorization: Bearer $${as}"`;
  if (sending.over === 'websocket') {
    const said = sending.messages.map((message) => Buffer.from(message).toString('base64')).join(' ');
    return `a socket to ${url}/graphql (graphql-transport-ws) as ${as ?? 'nobody'}, base64: ${said}`;
  }
  const { method, path, headers, body } = sending;
  const lines = Object.entries(headers).map(([name, value]) => ` -H ${shellQuoted(`${name}: ${value}`)}`);
  const curl = `curl -s -X ${method} ${shellQuoted(url + path)}${lines.join('')}${authorization}`;
  if (body.length === 0) return curl;
  const text = body.toString();
  // Bytes that a terminal would change travel as base64.
  if (Buffer.from(text).equals(body) && /^[\x20-\x7e]*$/.test(text))
    return `${curl} --data-binary ${shellQuoted(text)}`;
  return `echo ${body.toString('base64')} | base64 -d | ${curl} --data-binary @-`;
}
