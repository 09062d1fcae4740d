import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Logger, pino } from 'pino';
import { openLog } from '#compose/log.ts';
import type { Platform } from '#compose/platform.ts';
import { type Config, ConfigError, missing, mistyped, type PlatformRole, readConfig, roles } from '#config';
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

/** What this process does: `--role write-side,sagas --role publisher`. @throws Error for what is no role */
function rolesIn(given: readonly string[]): readonly PlatformRole[] {
  const names = given.flatMap((text) => text.split(',')).map((name) => name.trim());
  for (const name of names)
    if (!roles.some((role) => role === name))
      throw new Error(
        `--role ${name}: the roles are ${roles.join(', ')}; without --role a process has all of them`,
      );
  return names as readonly PlatformRole[];
}

const usage = `npm start -- [--role ROLES] [--demo [--file FILE] [--report FILE]]

  --role ROLES    what this process does, with commas between them or --role more than once: ${roles.join(', ')};
                  all of it unless told. write-side and sagas go together; roles in several processes need
                  READ_STORE=mongodb://…, BUS=kafka://… and SERVICE_URL
  --demo          plays real auctions to it, on a simulated clock; with --file a file of your own, with --report the result as JSON
  --help, -h      this

Everything else is set by the environment: PORT, DATA_DIR, READ_STORE, BUS and more, each of which docs/guides/operating.md tells of.

Exit codes: 0 stopped, 64 not understood, 65 damaged data, 69 something is not to be had, 70 anything unexpected, 78 a bad setting.`;

interface Arguments {
  readonly chosen: readonly PlatformRole[];
  readonly demo: boolean;
  readonly forDemo: readonly string[];
}

/** `--role` names what the process does. `--demo` plays real auctions to the platform, with what else the demo may be told. */
function readArguments(): Arguments {
  try {
    const { values } = parseArgs({
      options: {
        role: { type: 'string', multiple: true },
        demo: { type: 'boolean' },
        file: { type: 'string' },
        report: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    const { role, demo = false, file, report, help } = values;
    if (help === true) {
      say(usage);
      process.exit(0);
    }
    const chosen = role === undefined ? roles : rolesIn(role);
    if (!demo && (file ?? report) !== undefined) throw new Error('--file and --report belong to --demo');
    if (demo && roles.some((one) => !chosen.includes(one)))
      throw new Error(
        '--demo needs every role in this process; where they are in several, play it to them by npm run demo -- --url',
      );
    const forDemo = Object.entries({ file, report }).flatMap(([name, value]) =>
      value === undefined ? [] : [`--${name}`, value],
    );
    return { chosen, demo, forDemo };
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`, EXIT.misused);
  }
}

/** What the demo's people may ask for, all from one address: in seconds what others do in weeks. */
const DEMO_RATE = 100_000_000;

/** Files are read by who has a use for them; where nothing starts anyhow, the one that nobody makes is told of with all else. */
function configOf(chosen: readonly PlatformRole[]): Config {
  try {
    return readConfig(undefined, chosen);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError([...error.problems, ...missing(chosen)]);
  }
}

/** The demo leaps over weeks, which only a business on a simulated clock can follow. */
function configFor({ chosen, demo }: Arguments): Config {
  const config = configOf(chosen);
  if (!demo) return config;
  if (config.production) throw new ConfigError(['NODE_ENV: the demo is not for production']);
  return { ...config, clock: 'simulated', rates: { perAddress: DEMO_RATE, perPerson: DEMO_RATE } };
}

/** Starts the demo as what it is: a customer in a process of its own. */
function startDemo({ url }: Platform, forDemo: readonly string[]): ChildProcess {
  const program = join(import.meta.dirname, 'demo/main.ts');
  const demo = spawn(process.execPath, [program, '--url', url, ...forDemo], { stdio: 'inherit' });
  demo.on('error', (error) => say(`The demo cannot be started: ${error.message}`));
  demo.on('exit', () => say(`The platform goes on: look around at ${url}/graphql`));
  return demo;
}

async function start(config: Config): Promise<Platform> {
  // What is wrong with a setting is said without loading all that it is for.
  const { startPlatform } = await import('#compose/platform.ts');
  const log = openLog(config.logLevel, output);
  endOnMistakes(log);
  for (const told of mistyped()) log.warn({}, told);
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

/** What can be done with it, by role; where each is, if it is here. */
function linesOf(
  { url, operationsUrl, serviceUrl }: Platform,
  config: Config,
): readonly (readonly string[])[] {
  const { production, dataDir, publicUrl, whole, roles, readStore, bus, mail, tokens } = config;
  const has = (role: PlatformRole): boolean => roles.includes(role);
  // Pages of another origin than the one that was set could not do all that ours can.
  const at = publicUrl ?? url;
  const keepsMails = !production && mail.at.engine === 'outbox';
  const lines: readonly (readonly [boolean, string, string])[] = [
    [!whole, 'Roles      ', roles.join(', ')],
    [true, 'Listens    ', url],
    [has('read-api'), production ? 'GraphQL    ' : 'GraphiQL   ', `${at}/graphql`],
    [has('write-side'), 'Commands   ', `${production ? operationsUrl : at}/docs`],
    [has('write-side') && tokens.jwksUrl === undefined, 'Accounts   ', `${at}/account`],
    [has('sagas') && keepsMails, 'Mails      ', `${at}/dev/outbox (the newest first)`],
    [true, 'Health     ', `${url}/health/ready`],
    [operationsUrl !== undefined, 'Operations ', `${operationsUrl}/metrics`],
    [serviceUrl !== undefined, 'For roles  ', `${serviceUrl}`],
    [true, 'Data       ', dataDir],
    [true, 'Read store ', readStore.engine === 'sqlite' ? 'sqlite:' : readStore.address],
    [has('write-side') || has('publisher'), 'Bus        ', bus.engine === 'memory' ? 'memory:' : bus.address],
  ];
  return lines.filter(([isHere]) => isHere).map(([, ...line]) => line);
}

/** Said last: whoever waits for it may tell the platform to stop in the very next moment. */
function greet(platform: Platform, config: Config): void {
  const lines = linesOf(platform, config).map(([name, value]) => `  ${name}${value}`);
  say(`Annals ${version} is ready.\n\n${lines.join('\n')}\n`);
}

const given = readArguments();
try {
  const config = configFor(given);
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
  if (given.demo) player = startDemo(platform, given.forDemo);
} catch (error) {
  const why = error instanceof Error ? error.message : String(error);
  // What is missed may stand there under another name.
  const besides = error instanceof ConfigError ? mistyped().map((told) => `\n  ${told}`) : [];
  fail(`${why}${besides.join('')}`, exitCodeOf(error));
}
