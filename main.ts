import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Logger, pino } from 'pino';
import { openLog } from '#compose/log.ts';
import { type Platform, startPlatform } from '#compose/platform.ts';
import { type Config, ConfigError, readConfig } from '#config';
import { EXIT, exitCodeOf } from '#exit';

/** Where the log goes. */
const output = pino.destination({ dest: 2, sync: false });

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(problem: string, code: number): never {
  process.stderr.write(`${problem}\n`);
  process.exit(code);
}

/** As it is told in one line; the whole of it is in the log. */
const lineOf = (error: unknown): string =>
  (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).split('\n')[0] ?? '';

/**
 * An error that nothing has caught, here or in a thread, and a promise that nobody has waited for, are mistakes of ours: nothing
 * that this process believes can be relied on any more, so it says so and ends. What was acknowledged is in the history.
 */
function endOnMistakes(log: Logger): void {
  let ending = false;
  function end(error: unknown): void {
    // What else goes wrong on the way out follows from the first.
    if (ending) return;
    ending = true;
    try {
      log.fatal({ err: error }, 'an unexpected error ends the process');
      output.flushSync();
    } finally {
      fail(`An unexpected error has ended the process: ${lineOf(error)}`, EXIT.software);
    }
  }
  process.on('uncaughtException', end);
  process.on('worker', (thread) => thread.on('error', end));
}

const { version } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** `--demo` plays real auctions to the platform, with what else the demo may be told. */
function readArguments(): { readonly demo: boolean; readonly forDemo: readonly string[] } {
  try {
    const { values } = parseArgs({
      options: { demo: { type: 'boolean' }, file: { type: 'string' }, report: { type: 'string' } },
    });
    const { demo = false, file, report } = values;
    if (!demo && (file ?? report) !== undefined) throw new Error('--file and --report belong to --demo');
    const forDemo = Object.entries({ file, report }).flatMap(([name, value]) =>
      value === undefined ? [] : [`--${name}`, value],
    );
    return { demo, forDemo };
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error), EXIT.misused);
  }
}

/** The demo leaps over weeks, which only a business on a simulated clock can follow. */
function configFor(demo: boolean): Config {
  const config = readConfig();
  if (!demo) return config;
  if (config.production) throw new ConfigError(['NODE_ENV: the demo is not for production']);
  return { ...config, clock: 'simulated' };
}

/** Starts the demo as what it is: a customer in a process of its own. */
function startDemo({ url }: Platform, forDemo: readonly string[]): ChildProcess {
  const program = join(import.meta.dirname, 'demo/main.ts');
  const demo = spawn(process.execPath, [program, '--url', url, ...forDemo], { stdio: 'inherit' });
  demo.on('error', (error) => say(`The demo cannot be started: ${error.message}`));
  demo.on('exit', () => say(`The platform goes on: look around at ${url}/graphql`));
  return demo;
}

function start(config: Config): Promise<Platform> {
  const log = openLog(config.logLevel, output);
  endOnMistakes(log);
  return startPlatform({
    config,
    version,
    log,
    onFatal(error) {
      log.fatal({ err: error }, 'the history is in doubt: the process ends, and the next start settles it');
      const next =
        'Start again when the disk takes writes; who was not answered repeats the same command id.';
      log.flush(() => fail(`${error.message} ${next}`, EXIT.unavailable));
    },
  });
}

/** Said last: whoever waits for it may tell the platform to stop in the very next moment. */
function greet({ url, operationsUrl }: Platform, { production, dataDir, publicUrl }: Config): void {
  const graphql = [production ? 'GraphQL    ' : 'GraphiQL   ', `${url}/graphql`];
  const commands = ['Commands   ', `${production ? operationsUrl : url}/docs`];
  const lines = [
    graphql,
    commands,
    ['Health     ', `${url}/health/ready`],
    ...(operationsUrl === undefined ? [] : [['Operations ', `${operationsUrl}/metrics`]]),
    ...(publicUrl === undefined ? [] : [['People     ', publicUrl]]),
    ['Data       ', dataDir],
  ];
  say(`Annals ${version} is ready.\n\n${lines.map(([name, value]) => `  ${name}${value}`).join('\n')}\n`);
}

const { demo, forDemo } = readArguments();
try {
  const config = configFor(demo);
  const platform = await start(config);
  let player: ChildProcess | undefined;
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // A second signal means that somebody does not want to wait.
      if (stopping) process.exit(EXIT.software);
      stopping = true;
      player?.removeAllListeners('exit').kill(signal);
      platform.stop().then(
        () => process.exit(0),
        (error) => fail(`The stop failed: ${error}`, EXIT.software),
      );
    });
  }
  greet(platform, config);
  if (demo) player = startDemo(platform, forDemo);
} catch (error) {
  fail(error instanceof Error ? error.message : String(error), exitCodeOf(error));
}
