import { workerData } from 'node:worker_threads';
import { answerBy } from '../../asked-thread.ts';
import { KeyDatabase } from './database.ts';

/** Which file, and what names the master key of what is in it. */
export interface KeysAt {
  readonly path: string;
  readonly wrappedBy: string;
}

const { path, wrappedBy } = workerData as KeysAt;
answerBy(() => new KeyDatabase(path, wrappedBy));
