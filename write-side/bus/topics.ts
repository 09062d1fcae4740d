import type { Topic } from '#domain/kernel/ports/bus.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Pauses before a command is tried again, each with a topic of its own; the last one is passed until the command is too old. */
const PAUSES = [
  ['retry-1s', SECOND_MS],
  ['retry-10s', 10 * SECOND_MS],
  ['retry-1m', MINUTE_MS],
  ['retry-10m', 10 * MINUTE_MS],
] as const;

/** Into so many parts commands are divided by their keys. A command that waits costs a place in a part, so that the waiting have fewer. */
const PARTITIONS = 6;
const WAITING_PARTITIONS = 2;
/** Longer than a command is decided for, so that whoever is late is told so; tokens stand among them, so not for ever. */
const KEPT_MS = 7 * DAY_MS;
/** For whoever looks into what went wrong. */
const DEAD_KEPT_MS = 30 * DAY_MS;

export interface RetryTopic {
  readonly name: string;
  readonly pauseMs: number;
}

/** The topics by which commands come and go. */
export interface CommandTopics {
  readonly commands: string;
  /** In the order in which a command passes them. */
  readonly retries: readonly RetryTopic[];
  readonly dead: string;
  /** All that are read, under one name: whoever waits in one keeps nobody in another. */
  readonly group: string;
}

/** @param prefix what the names of all topics of the platform begin with */
export function commandTopics(prefix: string): CommandTopics {
  const commands = `${prefix}.commands`;
  return {
    commands,
    retries: PAUSES.map(([name, pauseMs]) => ({ name: `${commands}.${name}`, pauseMs })),
    dead: `${commands}.dead`,
    group: commands,
  };
}

/** As they are to be made where they are missing. */
export const declaredTopics = ({ commands, retries, dead }: CommandTopics): readonly Topic[] => [
  { name: commands, partitions: PARTITIONS, retentionMs: KEPT_MS },
  ...retries.map(({ name }) => ({ name, partitions: WAITING_PARTITIONS, retentionMs: KEPT_MS })),
  { name: dead, partitions: 1, retentionMs: DEAD_KEPT_MS },
];
