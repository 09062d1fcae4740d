/** Run as a process of its own: writes to the store in the folder it is given and prints what that came to. */
import { writeSync } from 'node:fs';
import { openHistory } from '#compose/stores.ts';
import { StoreError } from '#domain/kernel/ports/event-store.ts';
import { systemClock } from '#engines/clock/system.ts';
import { happening } from './happenings.ts';

const [folder = '', writers = '1', appends = '1', afterwards = 'close'] = process.argv.slice(2);
const say = (line: string): void => void writeSync(1, `${line}\n`);
const codeOf = (error: unknown): string => (error instanceof StoreError ? error.code : String(error));

const store = await openHistory(
  { profile: 'embedded', folder },
  {
    clock: systemClock(),
    onFatal: (error) => say(`fatal ${error.message}`),
  },
);
say('open');

/** Appends event after event to a stream of its own, each with an id that can be made again. */
async function write(writer: number): Promise<'done' | 'failed'> {
  for (let revision = 0; revision < Number(appends); revision++) {
    const event = happening({ revision, text: 'x'.repeat(200) }, { seed: writer * 100_000_000 + revision });
    try {
      const result = await store.append(`writer-${writer}`, revision === 0 ? 'none' : revision - 1, [event]);
      if (result.status === 'appended') say(`${writer} ${result.revision} ${result.position}`);
    } catch (error) {
      say(`failed ${codeOf(error)}`);
      return 'failed';
    }
  }
  return 'done';
}

const ends = await Promise.all(Array.from({ length: Number(writers) }, (_, writer) => write(writer)));
if (ends.includes('failed')) {
  await store.append('writer-0', 'any', [happening()]).catch((error) => say(`then ${codeOf(error)}`));
  const { state, lastError } = store.standing();
  say(`stands ${state}: ${lastError?.message}`);
}
// Who asks for it finds the store still held when all is written, and ends the process.
if (afterwards === 'hold') setInterval(() => undefined, 60_000);
else await store.close();
