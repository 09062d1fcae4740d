import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { type Platform, startEmbedded } from '#compose/embedded.ts';
import { ConfigError, readConfig } from '#config';
import { StoreError } from '#domain/kernel/ports/event-store.ts';

/** As sysexits(3) numbers them, so that a supervisor can tell what to do. */
const EXIT = { unusable: 78, unavailable: 69, damaged: 65, software: 70 } as const;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(problem: string, code: number): never {
  process.stderr.write(`${problem}\n`);
  process.exit(code);
}

const exitCodeOf = (error: unknown): number => {
  if (error instanceof ConfigError) return EXIT.unusable;
  if (!(error instanceof StoreError)) return EXIT.software;
  return error.code === 'unreadable' ? EXIT.damaged : EXIT.unavailable;
};

const { version } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8')) as {
  version: string;
};

async function start(): Promise<Platform> {
  const config = readConfig();
  const log = pino({ level: config.logLevel }, pino.destination({ dest: 2, sync: false }));
  const platform = await startEmbedded({
    config,
    version,
    log,
    onFatal(error) {
      log.fatal({ err: error }, 'the history is in doubt: the process ends, and the next start settles it');
      log.flush(() => process.exit(EXIT.unavailable));
    },
  });
  const { url } = platform;
  say(`Annals ${version} is ready.

  GraphiQL   ${url}/graphql${config.production ? ' (not in production)' : ''}
  Commands   ${url}/docs
  Health     ${url}/health/ready
  Data       ${config.dataDir}
`);
  return platform;
}

try {
  const platform = await start();
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // A second signal means that somebody does not want to wait.
      if (stopping) process.exit(EXIT.software);
      stopping = true;
      platform.stop().then(
        () => process.exit(0),
        (error) => fail(`The stop failed: ${error}`, EXIT.software),
      );
    });
  }
} catch (error) {
  fail(error instanceof Error ? error.message : String(error), exitCodeOf(error));
}
