import { EXIT } from '#exit';

/** What became of the keys of a file. */
interface Rotation {
  readonly signs: string;
  readonly verify: readonly string[];
  readonly dropped: readonly string[];
}

export const keysUsage = `npm run cli -- keys rotate

  rotate              puts a new key before those in TOKEN_KEY_FILE (in development: of DATA_DIR), by which tokens are signed within a few
                      seconds from then on; those of before verify what they have signed, and are dropped by the next rotation behind that`;

/** Runs one command of `keys`. */
export async function keys(
  rotate: () => Promise<Rotation>,
  words: readonly string[],
  print: (line: string) => void,
): Promise<0 | typeof EXIT.misused> {
  const [command, ...rest] = words;
  if (command !== 'rotate' || rest.length > 0) {
    print(keysUsage);
    return EXIT.misused;
  }
  const { signs, verify, dropped } = await rotate();
  print(`signs: ${signs}`);
  for (const kid of verify) print(`verifies: ${kid}`);
  for (const kid of dropped) print(`dropped: ${kid}`);
  return 0;
}
