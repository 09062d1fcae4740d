import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { later } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { networkOf } from '#runtime/address.ts';
import { every } from '#runtime/pause.ts';
import type { Addresses } from './addresses.ts';
import { type Group, groups } from './groups.ts';
import { handshakes } from './handshakes.ts';
import type { TakeIn } from './intake.ts';
import type { HttpLimits } from './limits.ts';

interface Options {
  readonly limits: HttpLimits;
  readonly clock: Clock;
  readonly addresses: Addresses;
  readonly takeIn: TakeIn;
  /** Whether what is said on a connection comes behind a handshake of TLS. */
  readonly byTls?: boolean;
  /** The last answer for one who cannot be let in: 429 where their own network is the group, 503 where it is everybody. */
  readonly refusal: (status: 429 | 503) => string;
}

interface Connection {
  /** On which HTTP is spoken; before its handshake, the one that carries it. */
  socket: Socket;
  readonly groups: readonly Group<Connection>[];
  /** Requests under way, those included that wait for their turn. */
  asked: number;
  /** What its peer had taken when last looked, and for how long it has taken nothing more though bytes wait. */
  takenBytes: number;
  untakenMs: number;
}

export interface Connections {
  /** Those on which no handshake was finished: nothing was asked there. */
  endHandshakes(): void;
  /** Whatever is left, upgraded ones too. */
  destroyAll(): void;
  /** For when the server has closed. */
  stop(): void;
}

/** A socket says by its close what the error was; without a listener the error would end the process. */
const listenToErrors = (socket: Duplex): unknown => socket.on('error', () => undefined);

const idle = (connection: Connection): void => {
  for (const group of connection.groups) group.idle.add(connection);
};
const busy = (connection: Connection): void => {
  for (const group of connection.groups) group.idle.delete(connection);
};

type Known = ReadonlyMap<Socket, Connection>;

/** Those that were let in, of one network or in all no more than may be. */
function guests(limits: HttpLimits) {
  const known = new Map<Socket, Connection>();
  const everybody = groups<Connection>(limits.connections, 503);
  const networks = groups<Connection>(limits.connectionsPerAddress, 429);

  function forget(connection: Connection): void {
    known.delete(connection.socket);
    for (const group of connection.groups) group.leave(connection);
  }

  /** False: all have something under way. */
  function makesRoom({ inside, idle: [longest], most }: Group<Connection>): boolean {
    if (inside.size < most) return true;
    if (longest === undefined) return false;
    forget(longest);
    longest.socket.destroy();
    return true;
  }

  return {
    known,
    /** From now on the connection is spoken to by another socket, which carries what is said in its own. */
    goesOnBy(socket: Socket, by: Socket): void {
      const connection = known.get(socket);
      if (connection === undefined) return;
      known.delete(socket);
      connection.socket = by;
      known.set(by, connection);
    },
    /** Lets a connection in, or answers with the group that has no room for it. */
    enter(socket: Socket, peer: string | undefined): Group<Connection> | undefined {
      // Who comes from one network makes room among themselves, before others are asked to.
      const joined = [...(peer === undefined ? [] : [networks.of(networkOf(peer))]), everybody.of('')];
      const full = joined.find((group) => !makesRoom(group));
      if (full !== undefined) return full;
      const connection: Connection = { socket, groups: joined, asked: 0, takenBytes: 0, untakenMs: 0 };
      for (const group of joined) group.join(connection);
      known.set(socket, connection);
      idle(connection);
      socket.once('close', () => forget(connection));
      return undefined;
    },
  };
}

/** Those that were not, until they have gone; only so many may stay to hear why. */
function turnedAway(most: number, refusal: Options['refusal']) {
  const sockets = new Set<Socket>();
  return {
    sockets,
    /** One that is told later, behind its handshake. */
    add(socket: Socket): void {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      const [oldest] = sockets;
      if (sockets.size > most) oldest?.destroy();
    },
    tell(socket: Socket, status: 429 | 503): void {
      // What it asks is not even read.
      socket.pause();
      socket.end(refusal(status));
    },
  };
}

function cutOffThoseBehind(known: Known, limits: HttpLimits, untakenBytes: number): void {
  let waiting = untakenBytes;
  const most = [...known.keys()].sort((one, other) => other.writableLength - one.writableLength);
  for (const socket of most) {
    if (waiting <= limits.untakenBytes) return;
    waiting -= socket.writableLength;
    socket.destroy();
  }
}

function lookAtWhatWaits(known: Known, limits: HttpLimits): void {
  let waiting = 0;
  for (const connection of known.values()) {
    const { bytesWritten, writableLength } = connection.socket;
    const takenBytes = bytesWritten - writableLength;
    const stands = writableLength > 0 && takenBytes === connection.takenBytes;
    connection.takenBytes = takenBytes;
    connection.untakenMs = stands ? connection.untakenMs + limits.connectionsCheckMs : 0;
    if (connection.untakenMs >= limits.untakenMs) connection.socket.destroy();
    else waiting += writableLength;
  }
  if (waiting > limits.untakenBytes) cutOffThoseBehind(known, limits, waiting);
}

/** Behind the last answer a peer has a moment to hang up, and may be made to give way. */
function endsAfter(socket: Socket, known: Known, { limits, clock }: Pick<Options, 'limits' | 'clock'>): void {
  let cancel = (): void => undefined;
  socket.once('close', () => cancel());
  socket.once('finish', () => {
    cancel = clock.at(later(clock.now(), limits.lingerMs), () => socket.destroy());
    const connection = known.get(socket);
    if (connection !== undefined) idle(connection);
  });
}

/**
 * Looks after every connection of a server from its first moment to its last, whatever it becomes: Node lets go of those that it
 * hands over (`upgrade`, `connect`).
 *
 * - Each has its listener for errors, and is read in its turn.
 * - Where there are as many as may be, of one network or in all, the one on which nothing has been asked for the longest time
 *   gives way to a new one. One with a request under way, or that was upgraded, never does.
 * - Whoever has been told the last is destroyed after a moment: a peer that does not hang up holds nothing.
 * - Bytes that nobody takes are bounded, in time and in all.
 * - With TLS all of this holds from the first byte on: a connection counts, and may be refused, before its handshake, and whoever is
 *   refused hears so behind it.
 */
export function lookAfter(
  server: Server,
  { limits, clock, addresses, takeIn, byTls = false, refusal }: Options,
): Connections {
  const { known, enter, goesOnBy } = guests(limits);
  const refused = turnedAway(limits.turnedAway, refusal);
  const shaking = handshakes(limits);

  /** What comes is heard from now on, or was refused before anything came. */
  function begins(socket: Socket, peer: string | undefined, full: Group<Connection> | undefined): void {
    endsAfter(socket, known, { limits, clock });
    // What a proxy brings is of everybody: each of its connections stands for itself.
    takeIn(socket, peer === undefined ? socket : networkOf(peer));
    if (full !== undefined) refused.tell(socket, full.status);
  }

  function arrived(socket: Socket): void {
    listenToErrors(socket);
    // Gone before it was accepted. It stands for nobody and would be taken for what a proxy brings, of which each is a group by itself.
    if (socket.remoteAddress === undefined) return void socket.destroy();
    const peer = addresses.ofPeer(socket);
    const full = enter(socket, peer);
    if (full !== undefined) refused.add(socket);
    if (!byTls) return void begins(socket, peer, full);
    shaking.begin(socket, peer, (secured) => {
      listenToErrors(secured);
      goesOnBy(socket, secured);
      begins(secured, peer, full);
    });
  }

  function asked({ socket }: IncomingMessage, response: ServerResponse): void {
    const connection = known.get(socket);
    if (connection === undefined) return;
    connection.asked += 1;
    busy(connection);
    response.once('close', () => {
      connection.asked -= 1;
      if (connection.asked === 0 && known.has(socket)) idle(connection);
    });
  }

  function handedOver({ socket }: IncomingMessage, stream: Duplex): void {
    listenToErrors(stream);
    const connection = known.get(socket);
    if (connection !== undefined) busy(connection);
  }

  server.on('connection', arrived);
  server.on('secureConnection', shaking.finished);
  server.prependListener('request', asked);
  server.prependListener('connect', handedOver);
  server.prependListener('upgrade', (request: IncomingMessage, stream: Duplex) => {
    handedOver(request, stream);
    // Where nobody takes upgrades, this is the only listener.
    if (server.listenerCount('upgrade') === 1) stream.destroy();
  });
  return {
    endHandshakes: shaking.endAll,
    destroyAll() {
      for (const socket of [...known.keys(), ...refused.sockets]) socket.destroy();
    },
    stop: every(clock, limits.connectionsCheckMs, () => lookAtWhatWaits(known, limits)),
  };
}
