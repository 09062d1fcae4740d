import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

const at = (name: string): string => readFileSync(join(import.meta.dirname, '../fixtures/tls', name), 'utf8');
/** Whoever vouches for the server below. */
export const authority = (): string => at('authority.pem');

/** A mail as a server took it. */
export interface Taken {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
  /** As its header says. */
  readonly messageId: string;
  readonly isSecure: boolean;
}

/** What becomes of a mail once it is with the server; its last line is what the client is told. */
export type Receiving = (mail: Taken, cut: () => void) => Promise<Error | undefined> | Error | undefined;

export const refusal = (responseCode: number, message: string): Error =>
  Object.assign(new Error(message), { responseCode });

interface SmtpServerGiven extends SMTPServerOptions {
  readonly receives?: Receiving;
}

const unfolded = (text: string): string => text.replaceAll(/\r\n[ \t]/g, ' ');

/** A real server of SMTP on loopback, that keeps what it has taken. */
export async function smtpServer({ receives = () => undefined, ...options }: SmtpServerGiven = {}) {
  const taken: Taken[] = [];
  let connections = 0;
  const server = new SMTPServer({
    ...{
      key: at('server.pem'),
      cert: at('server.pem'),
      authOptional: true,
      disableReverseLookup: true,
      closeTimeout: 1,
    },
    onConnect(_session, done) {
      connections += 1;
      done();
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', async () => {
        const text = Buffer.concat(chunks).toString();
        const { mailFrom, rcptTo } = session.envelope;
        const [, messageId = ''] = /^Message-ID: <(.*)>\r$/m.exec(unfolded(text)) ?? [];
        const mail: Taken = {
          ...{ from: mailFrom === false ? '' : mailFrom.address, to: rcptTo.map(({ address }) => address) },
          ...{ text, messageId, isSecure: session.secure },
        };
        const cut = (): void => {
          for (const connection of server.connections)
            (connection as unknown as { _socket: Socket })._socket.destroy();
        };
        const answer = await receives(mail, cut);
        if (answer === undefined) taken.push(mail);
        done(answer);
      });
    },
    ...options,
  });
  // A client that goes in the middle of a word is what half of the tests are about.
  server.on('error', () => undefined);
  const listening = server.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  return {
    port: (listening.address() as AddressInfo).port,
    taken,
    connections: () => connections,
    open: () => server.connections.size,
    close: () => new Promise<void>((closed) => server.close(() => closed())),
  };
}

/** A server that does with a connection whatever it likes. */
export async function oddServer(meets: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    // Whoever reads nothing is not told that the other side has gone.
    socket.resume();
    meets(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    open: () => sockets.size,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
