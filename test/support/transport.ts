import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { connect, type Socket, type TcpNetConnectOpts } from 'node:net';
import { join } from 'node:path';
import { connect as secureConnect } from 'node:tls';
import type { Secured } from '#compose/http.ts';

/**
 * Over what the port is spoken to by tests that hold for both. One that runs them over TLS says so here before it imports them, in a
 * process of its own.
 */
export const transport = { byTls: false };

const folder = join(import.meta.dirname, '../fixtures/tls');
/** A certificate for this machine with its key, in one file, and who vouches for it. */
export const certificateFile = join(folder, 'server.pem');
export const authorityFile = join(folder, 'authority.pem');
export const authority = (): string => readFileSync(authorityFile, 'utf8');

/** What a port is opened with; nothing, where it is plain. */
export function securedForTests(): { readonly tls?: Secured } {
  if (!transport.byTls) return {};
  const pem = readFileSync(certificateFile, 'utf8');
  return { tls: { context: () => ({ cert: pem, key: pem }), onChange: () => undefined, mutual: false } };
}

/** Which connection carries one of TLS. */
const carriers = new WeakMap<Socket, Socket>();

/** Ends a connection as a machine does that knows nothing of it any more. */
export const reset = (socket: Socket): void => void (carriers.get(socket) ?? socket).resetAndDestroy();

/** A connection on which HTTP may be spoken. */
export async function connected(options: TcpNetConnectOpts): Promise<Socket> {
  const socket = connect(options);
  await once(socket, 'connect');
  if (!transport.byTls) return socket;
  socket.on('error', () => undefined);
  const secured = secureConnect({ socket, host: '127.0.0.1' });
  carriers.set(secured, socket);
  secured.on('error', () => undefined);
  await Promise.race([once(secured, 'secureConnect'), once(secured, 'close')]);
  return secured;
}

/** Sends a request to whatever is spoken there. */
export const requestTo = (url: string): typeof request =>
  url.startsWith('https:') ? secureRequest : request;

/** With which a platform is started. */
export const settingsForTests = (): Readonly<Record<string, string>> =>
  transport.byTls ? { TLS_CERT_FILE: certificateFile, TLS_KEY_FILE: certificateFile } : {};
