import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { rawHistory } from '#test/judge/database.ts';
import type { RawEvent } from '#test/judge/raw.ts';
import { endOf, tellFromTheFirst, withPlatform } from '../boundaries.ts';
import { differingViews, judgedApart } from '../random-kills.ts';

// A folder that the older code would have left, had it died there, is finished by this one, and compared with what the older
// code, which lived, came to from there.

/** What was sent because of an event that was left: under which id, and to which stream. */
export function stepsBecauseOf(left: readonly RawEvent[], events: readonly RawEvent[]): readonly string[] {
  const causes = new Map(left.map(({ eventId, position, type }) => [eventId, `${type} at ${position}`]));
  return events.flatMap(({ stream, metadata: { causationId, actor, command, commandId } }) => {
    const cause = causes.get(String(causationId));
    return cause === undefined ? [] : [`${cause}: ${command} by ${actor} to ${stream} as ${commandId}`];
  });
}

/** Each line once, with how often it was there. */
const counted = (lines: readonly string[]): ReadonlySet<string> =>
  new Set([...Map.groupBy(lines, (line) => line)].map(([line, all]) => `${line} (${all.length} times)`));

function apart(old: readonly string[], fresh: readonly string[]): readonly string[] {
  const [theirs, ours] = [counted(old), counted(fresh)];
  return [
    ...[...theirs.difference(ours)].map((line) => `only the old code came to ${line}`),
    ...[...ours.difference(theirs)].map((line) => `only this code came to ${line}`),
  ];
}

export interface Finished {
  /** How many events the old code had left. */
  readonly left: number;
  /** How many commands that followed from these, and were not answered yet, were compared by their ids. */
  readonly compared: number;
  readonly problems: readonly string[];
}

/**
 * Goes on from a copy of a crash point, with clients who ask for everything again, until nothing is left to do. The end has to be
 * the one that the older code came to, and what follows from an event that was left has to be sent under the same id: under
 * another one it would be done again where it had been done. What follows from later events has ids that each life makes up.
 */
export async function finished(point: string, oldData: string): Promise<Finished> {
  const folder = join(point, 'new');
  const data = join(folder, 'data');
  mkdirSync(folder);
  for (const part of ['data', 'acknowledgements.jsonl'])
    cpSync(join(point, part), join(folder, part), { recursive: true });
  const { end, log } = await withPlatform({ folder, death: {} }, tellFromTheFirst);
  const left = rawHistory(join(point, 'data')).events;
  const before = stepsBecauseOf(left, left);
  const theirs = stepsBecauseOf(left, rawHistory(oldData).events);
  const ours = stepsBecauseOf(left, rawHistory(data).events);
  const { problems } = await judgedApart(data, log);
  const views = await differingViews(data);
  return {
    left: left.length,
    compared: ours.length - before.length,
    problems: [...problems, ...views, ...apart(endOf(oldData).end, end), ...apart(theirs, ours)],
  };
}
