import { connect, createServer, type Socket } from 'node:net';
import type { OwnKafka } from './kafka-server.ts';

/** Kafka's number of what a producer asks; it stands behind the length of the request. */
const PRODUCE = 0;
const isProduce = (request: Buffer): boolean => request.length >= 6 && request.readInt16BE(4) === PRODUCE;

/** Hands on what is asked, and cuts off some of those who have sent records before they hear what came of it. */
export async function cuttingProxy({ port, behind }: OwnKafka['proxy'], cuts: () => boolean) {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const broker = connect(behind, '127.0.0.1');
    const cut = () => [client, broker].map((socket) => socket.destroy());
    for (const socket of [client, broker]) {
      sockets.add(socket);
      socket.on('error', cut).on('close', cut);
    }
    let sending = false;
    client.on('data', (request: Buffer) => {
      sending = isProduce(request);
      broker.write(request);
    });
    broker.on('data', (answer) => (sending && cuts() ? cut() : client.write(answer)));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    end(): void {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
