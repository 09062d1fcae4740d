import { once } from 'node:events';
import { connect } from 'node:net';
import { workerData } from 'node:worker_threads';

// A thread of its own, of clients that connect, ask and reset: the thread of the server may stand still meanwhile.

const { port, times, done } = workerData as {
  readonly port: number;
  readonly times: number;
  /** 1 when all have come and gone. */
  readonly done: Int32Array<SharedArrayBuffer>;
};

for (let time = 0; time < times; time++) {
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  socket.write('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
  socket.resetAndDestroy();
  await once(socket, 'close');
}
Atomics.store(done, 0, 1);
Atomics.notify(done, 0);
