/**
 * Loaded into the platform before anything else (`--import`): the wall clock goes wrong by as many milliseconds as the file
 * says, which is read again on SIGUSR2. Time that nobody sets (`performance.now`, timers) stays right, as it does on a
 * machine whose clock is set.
 */
import { readFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const file = process.env.SKEW_FILE ?? '';
const RealDate = Date;
const readSkew = (): number => Number(readFileSync(file, 'utf8'));
let skewMs = readSkew();

class SkewedDate extends RealDate {
  constructor(...given: readonly unknown[]) {
    if (given.length === 0) super(SkewedDate.now());
    else super(...(given as [number]));
  }
  static override now(): number {
    return RealDate.now() + skewMs;
  }
}

globalThis.Date = SkewedDate as DateConstructor;
if (isMainThread)
  process.on('SIGUSR2', () => {
    skewMs = readSkew();
  });
