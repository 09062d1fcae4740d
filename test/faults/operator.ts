import assert from 'node:assert/strict';
import { exitCodeOf } from '#exit';
import { type Booted, boot, quickly } from '#test/support/booted.ts';
import { startHere } from '#test/support/embedded.ts';
import { until } from '#test/support/until.ts';

// What an operator reads, and what a supervisor is told.

/** What it has said in words; its log is JSON. */
export const linesOf = (platform: Booted): readonly string[] =>
  platform
    .output()
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith('{'));

/** Waits for a message in its log, which is written in the background. */
export const logged = (platform: Booted, message: RegExp): Promise<unknown> =>
  until(
    async () =>
      platform
        .output()
        .split('\n')
        .some((line) => line.startsWith('{') && line.endsWith('}') && message.test(line)),
    `${message} in ${platform.output()}`,
  );

interface Refusal {
  readonly code: number;
  readonly says: RegExp;
}

/**
 * The same without a process of its own, which takes a second: where a history is refused before anything is opened, and a real start
 * has shown how an operator is told.
 */
export async function refusedHere(
  environment: Readonly<Record<string, string>>,
  { code, says }: Refusal,
): Promise<void> {
  await assert.rejects(startHere(environment), (error: Error) => {
    assert.match(error.message, says);
    assert.equal(exitCodeOf(error), code);
    return true;
  });
}

/** A start that has to be refused: with this code, and with one line that says why and what to do. */
export async function refusedStart(
  environment: Readonly<Record<string, string>>,
  expected: Refusal,
  command: readonly string[] = quickly(),
): Promise<void> {
  const platform = boot(environment, command);
  // One that comes up after all would never end.
  const end = await platform.address().catch(() => platform.exited);
  assert.equal(end, expected.code, platform.output());
  assert.match(platform.output().trimEnd(), expected.says);
  assert.equal(platform.output().trimEnd().split('\n').length, 1, platform.output());
}
