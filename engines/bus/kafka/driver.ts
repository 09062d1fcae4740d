import { createRequire } from 'node:module';
import kafkajs from 'kafkajs';
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import { readBatch } from './batch.ts';
import { writtenRecord } from './record.ts';

// kafkajs as it is used here: all that imports it imports this.

/** Between two looks at requests that wait, in milliseconds; as the driver has it. */
const LOOK_MS = 10;

/**
 * The driver looks after requests that wait by a timer that it sets again and again, also where none waits, by a time that is then
 * below zero: each connection that does nothing spins a timer of a millisecond, and Node warns of the time. Whatever comes to
 * wait asks for a look itself, so that none is needed where nothing waits.
 */
RequestQueue.prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
  if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
  const look = (): void => {
    this.throttleCheckTimeoutId = null;
    this.checkPendingRequests();
  };
  this.throttleCheckTimeoutId = setTimeout(look, Math.max(this.throttledUntil - Date.now(), LOOK_MS));
};

/**
 * The driver believes whatever a broker holds: a batch that grows a thousandfold when it is inflated takes all memory, a hundred
 * thousand headers take minutes, and a hundred thousand records are more than a call may have arguments, for ever. So batches are read by us.
 * What reads answers is loaded with the first of them, and finds this in its place.
 */
replaced('kafkajs/src/protocol/recordBatch/v0/decoder.js', readBatch);

/** The driver writes a record with a buffer of half a kilobyte for each of its headers. What writes requests is loaded with the first, too. */
replaced('kafkajs/src/protocol/recordBatch/record/v0/index.js', writtenRecord);

/** Puts ours in the place of what a file of the driver is for. @throws TypeError where there is no such file any more */
function replaced(path: string, ours: unknown): void {
  const load = createRequire(import.meta.url);
  const file = load.resolve(path);
  load(file);
  const module = load.cache[file];
  if (module === undefined) throw new TypeError(`the driver has no ${path}`);
  module.exports = ours;
}

/** With these words, and a topic and a partition, the driver says that it begins a partition anew: it tells nobody in another way. */
export const BEGINS_ANEW = 'Offset out of range, resetting to default offset';

export const { Kafka, Partitioners, CompressionTypes, logLevel } = kafkajs;
