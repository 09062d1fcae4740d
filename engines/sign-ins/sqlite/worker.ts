import { workerData } from 'node:worker_threads';
import { answerBy } from '../../asked-thread.ts';
import { SignInDatabase } from './database.ts';

/** Which file, and what names the process that works on it. */
export interface SignInsAt {
  readonly path: string;
  readonly owner: string;
}

const { path, owner } = workerData as SignInsAt;
answerBy(() => new SignInDatabase(path, owner));
