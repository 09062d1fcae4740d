import { EXIT } from '#exit';

/** What became of the keys of a kind. */
interface Rotated {
  readonly signs: string | undefined;
  readonly next: { readonly kid: string; readonly fromSeconds: number } | undefined;
  readonly verify: readonly string[];
  readonly dropped: readonly string[];
}

interface Rotation extends Rotated {
  readonly rs256: Rotated;
}

export const keysUsage = `npm run cli -- keys rotate [--now]

  rotate              puts a new key before those in TOKEN_KEY_FILE (in development: of DATA_DIR). It is shown to whoever verifies tokens, and signs
                      them from the moment that is printed: until then, bring the file to every machine that has a copy. Those of before
                      verify what they have signed, and are dropped by the next rotation behind that
  --now               the keys were stolen: the new one signs within a few seconds, and nothing that those of before have signed is taken any more`;

function linesOf({ signs, next, verify, dropped }: Rotated): readonly string[] {
  return [
    ...(signs === undefined ? [] : [`signs: ${signs}`]),
    ...(next === undefined
      ? []
      : [`signs from ${new Date(next.fromSeconds * 1_000).toISOString()}: ${next.kid}`]),
    ...verify.map((kid) => `verifies: ${kid}`),
    ...dropped.map((kid) => `dropped: ${kid}`),
  ];
}

/** Runs one command of `keys`. @param rotate is told whether the keys of before were stolen */
export async function keys(
  rotate: (stolen: boolean) => Promise<Rotation>,
  words: readonly string[],
  { now }: { readonly now: boolean },
  print: (line: string) => void,
): Promise<0 | typeof EXIT.misused> {
  const [command, ...rest] = words;
  if (command !== 'rotate' || rest.length > 0) {
    print(keysUsage);
    return EXIT.misused;
  }
  const { rs256, ...ours } = await rotate(now);
  for (const line of linesOf(ours)) print(line);
  for (const line of linesOf(rs256)) print(`RS256 ${line}`);
  return 0;
}
