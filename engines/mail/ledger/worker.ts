import { workerData } from 'node:worker_threads';
import { answerBy } from '../../asked-thread.ts';
import { MailDatabase } from './database.ts';

const path = workerData as string;
answerBy(() => new MailDatabase(path));
