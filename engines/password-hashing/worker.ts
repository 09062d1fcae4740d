import { argon2Sync } from 'node:crypto';
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { reasonOf } from '#runtime/reason.ts';
import type { FromWorker, ToWorker, WorkerStart } from './wire.ts';

// A thread that hashes passwords, one after the other, and does nothing else.

function answerTo({ secret, salt, tagBytes, memoryKib, passes, lanes }: ToWorker): FromWorker {
  try {
    const tag = argon2Sync('argon2id', {
      message: secret,
      nonce: salt,
      parallelism: lanes,
      tagLength: tagBytes,
      memory: memoryKib,
      passes,
    });
    return { tag: new Uint8Array(tag) };
  } catch (error) {
    return { problem: reasonOf(error) };
  } finally {
    secret.fill(0);
  }
}

if (parentPort) {
  const port = parentPort;
  const { niceness } = workerData as WorkerStart;
  try {
    // On Linux this is of the calling thread alone, not of its process: the kernel gives the processor to the event loop first.
    if (process.platform === 'linux') setPriority(0, niceness);
  } catch {
    // A sandbox may refuse it. Hashing is right all the same; it competes as an equal.
  }
  port.on('message', (work: ToWorker) => port.postMessage(answerTo(work)));
}
