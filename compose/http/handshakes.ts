import type { Socket } from 'node:net';
import { networkOf } from '#runtime/address.ts';
import { groups } from './groups.ts';
import type { HttpLimits } from './limits.ts';

interface Handshake {
  readonly socket: Socket;
  readonly finished: (secured: Socket) => void;
  leave(): void;
}

/** A connection by its two ends, which no other has meanwhile: Node does not say in which one a socket of TLS is carried. */
const endsOf = ({ remoteAddress, remotePort, localAddress }: Socket): string =>
  `${remoteAddress} ${remotePort} ${localAddress}`;

/**
 * Connections whose handshake of TLS is under way. Each costs more than any request that is refused, and whoever begins them at once
 * has them done at once: only so many may be, of one network and in all, and the oldest of them gives way to a new one. A polite
 * client is through within two round trips.
 */
export function handshakes({ handshakes: most, handshakesPerAddress }: HttpLimits) {
  const byEnds = new Map<string, Handshake>();
  const everybody = groups<Handshake>(most, 503);
  const networks = groups<Handshake>(handshakesPerAddress, 429);

  return {
    /** @param peer undefined: a trusted proxy's, which carries many */
    begin(socket: Socket, peer: string | undefined, finished: Handshake['finished']): void {
      const ends = endsOf(socket);
      const joined = [...(peer === undefined ? [] : [networks.of(networkOf(peer))]), everybody.of('')];
      for (const { inside, most } of joined) {
        const [oldest] = inside;
        if (inside.size < most || oldest === undefined) continue;
        oldest.leave();
        oldest.socket.destroy();
      }
      const handshake: Handshake = {
        ...{ socket, finished },
        leave() {
          for (const group of joined) group.leave(handshake);
          if (byEnds.get(ends) === handshake) byEnds.delete(ends);
        },
      };
      for (const group of joined) group.join(handshake);
      byEnds.set(ends, handshake);
      socket.once('close', handshake.leave);
    },
    finished(secured: Socket): void {
      const handshake = byEnds.get(endsOf(secured));
      // Its peer has gone in the same moment.
      if (handshake === undefined) return void secured.destroy();
      handshake.leave();
      handshake.finished(secured);
    },
    endAll(): void {
      for (const { socket } of [...byEnds.values()]) socket.destroy();
    },
  };
}
