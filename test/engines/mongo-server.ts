import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '#bench/free-port.ts';
import { type OwnProcess, ownProcess } from '#bench/own-process.ts';

/** Of a start that has to fetch the server first, in milliseconds, and of the server alone, in seconds: machine and network may be slow. */
const START_MS = 1_200_000;
const ANSWERS_S = 180;

/** A server of our own, which may be killed and paused. */
export interface OwnServer extends Omit<OwnProcess, 'start'> {
  readonly url: string;
  /** Again, after it was killed, on the data that it had. @param options others of the server than before */
  start(options?: string): Promise<void>;
}

/** @throws Error with the reason for which this machine cannot start one */
export async function ownServer(options = ''): Promise<OwnServer> {
  const port = await freePort();
  const data = await mkdtemp(join(tmpdir(), 'annals-mongo-'));
  const environment = {
    ...{ MONGO_PORT: String(port), MONGO_DATA: data, MONGO_ARGS: options },
    MONGO_WAIT_S: String(ANSWERS_S),
  };
  const server = await ownProcess({
    ...{ script: 'mongo.sh', data, pidFiles: ['pid'], environment },
    startMs: START_MS,
  });
  return {
    ...server,
    url: `mongodb://127.0.0.1:${port}/?replicaSet=secantus`,
    start: (other = options) => server.start({ MONGO_ARGS: other }),
  };
}
