import { SingleBar } from 'cli-progress';

/** How often a line is written where no bar can be drawn, in milliseconds. */
const LINE_EVERY_MS = 3_000;
const NAME_WIDTH = 26;

/** One stage of the work on the screen. */
export interface Stage {
  /** So many are done now. */
  reach(done: number): void;
  /** One more is done. */
  tick(): void;
  end(): void;
}

interface Display {
  show(done: number): void;
  end(): void;
}

function bar(name: string, total: number): Display {
  const format = `${name.padEnd(NAME_WIDTH)} {bar} {value}/{total}  {duration_formatted}`;
  const shown = new SingleBar({ format, stream: process.stdout, hideCursor: true, barsize: 30 });
  shown.start(total, 0);
  return { show: (done) => shown.update(done), end: () => shown.stop() };
}

/** Where the output is kept or piped on: a line now and then. */
function lines(name: string, total: number): Display {
  const startedMs = performance.now();
  let done = 0;
  const write = (): void => {
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
    console.log(`${name.padEnd(NAME_WIDTH)} ${done}/${total}  ${seconds} s`);
  };
  const timer = setInterval(write, LINE_EVERY_MS).unref();
  return {
    show(now) {
      done = now;
    },
    end() {
      clearInterval(timer);
      write();
    },
  };
}

/** Shows a stage: a bar on a terminal, a line every few seconds elsewhere. */
export function stage(name: string, total: number): Stage {
  const display = process.stdout.isTTY ? bar(name, total) : lines(name, total);
  let done = 0;
  const reach = (now: number): void => {
    done = now;
    display.show(done);
  };
  return { reach, tick: () => reach(done + 1), end: () => display.end() };
}
