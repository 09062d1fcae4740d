import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { registry, views } from '#compose/contexts.ts';
import { rotateTokenKeys } from '#compose/tokens.ts';
import { openWorkplace } from '#compose/workplace.ts';
import { mistyped, readConfig } from '#config';
import { EXIT, exitCodeOf } from '#exit';
import { reasonOf } from '#runtime/reason.ts';
import { keys, keysUsage } from './keys.ts';
import { type ExitCode, projections, projectionsUsage } from './projections.ts';
import { signIn, signInUsage } from './sign-in.ts';

const print = (line: string) => console.log(line);

const rotation = (stolen: boolean) => rotateTokenKeys(readConfig(), stolen);

async function main(words: readonly string[]): Promise<ExitCode> {
  if (words[0] === 'sign-in') {
    const tell = (line: string) => console.error(line);
    return signIn(words.slice(1), { print, tell, wait: setTimeout, nowMs: Date.now });
  }
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(words);
  } catch (error) {
    console.error(reasonOf(error));
    console.error(projectionsUsage);
    return EXIT.misused;
  }
  const [area, ...rest] = parsed.positionals;
  if (area === 'keys' && parsed.values.help !== true) return keys(rotation, rest, parsed.values, print);
  if (area !== 'projections' || parsed.values.help === true) {
    (parsed.values.help === true ? console.log : console.error)(
      `${projectionsUsage}\n\n${keysUsage}\n\n${signInUsage}`,
    );
    return parsed.values.help === true ? 0 : EXIT.misused;
  }
  for (const told of mistyped()) console.error(told);
  const { dataDir, readStore } = readConfig();
  const { data, 'this-read-store': whicheverReadStore } = parsed.values;
  const where =
    data === undefined
      ? ({ folder: dataDir, named: 'DATA_DIR' } as const)
      : ({ folder: data, named: '--data' } as const);
  const work = await openWorkplace({ ...where, readStore, whicheverReadStore, views, registry, print });
  let code: ExitCode;
  try {
    code = await projections(work, rest);
  } catch (error) {
    // Why it could not be done matters more than what closing says.
    await work.close().catch(() => undefined);
    throw error;
  }
  await work.close();
  return code;
}

const parse = (words: readonly string[]) =>
  parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      'this-read-store': { type: 'boolean', default: false },
      now: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // A folder without a history, a damaged one or a setting is the operator's to mend; anything else is ours and shows its trace.
  const code = exitCodeOf(error);
  console.error(code !== EXIT.software && error instanceof Error ? error.message : error);
  process.exitCode = code;
}
