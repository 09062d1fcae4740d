/** Run as a process of its own: the embedded platform in the folder it is given, with a fault in it where one is named. */

import { pino } from 'pino';
import { deciders } from '#compose/contexts.ts';
import { startPlatform } from '#compose/platform.ts';
import { readConfig } from '#config';
import { unrationed } from '#demo/platform.ts';
import type { AnyDecider } from '#domain/kernel/decider.ts';

type Decide = AnyDecider['decide'][string];

/** Faults as they are made, each behind a command: what a fuzzer that is worth its time has to find. */
const faults: Readonly<Record<string, (decide: Decide) => Decide>> = {
  /** A case that nobody thought of. */
  throw: () => () => {
    throw new Error('nobody thought of this');
  },
  /** A promise that nobody waits for. */
  end: (decide) => (data, state, facts) => {
    setImmediate(() => {
      throw new Error('nobody waited for this');
    });
    return decide(data, state, facts);
  },
  /** A no that the catalogue does not know. */
  code: () => () => ({ rejected: true, code: 'computer_says_no', message: 'No.', details: {} }),
  /** Money that is gone from a balance, though nothing was booked. */
  money: (decide) => (data, state, facts) => {
    const decided = decide(data, state, facts);
    if (!Array.isArray(decided)) return decided;
    return decided.map((event) => ({
      ...event,
      data: { ...event.data, ...('balance' in event.data && nothing) },
    }));
  },
  /** Memory that is never given back. */
  leak: (decide) => (data, state, facts) => {
    kept.push(Buffer.alloc(LEAK_BYTES, 1));
    return decide(data, state, facts);
  },
};
const kept: Buffer[] = [];
const LEAK_BYTES = 384 * 1024 * 1024;
const nothing = { balance: { available: 0n, held: 0n } };

const [folder = '', fault = 'none', command = 'Transfer'] = process.argv.slice(2);
const change = faults[fault];
if (change !== undefined)
  for (const { decide } of deciders) {
    const known = decide[command];
    if (known !== undefined) Object.assign(decide, { [command]: change(known) });
  }

const platform = await startPlatform({
  config: readConfig({ PORT: '0', DATA_DIR: folder, CLOCK: 'simulated', ...unrationed }),
  version: 'fuzzed',
  log: pino({ level: 'error' }, pino.destination({ dest: 2, sync: true })),
  onFatal: () => process.exit(70),
});
process.stdout.write(`${platform.url}\n`);
process.once('SIGTERM', () => void platform.stop().then(() => process.exit(0)));
