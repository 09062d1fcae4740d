import { doubled } from '#runtime/pause.ts';

/** Every bound of the two runtimes, with its unit. */
export const sagaLimits = {
  /** Keys of one batch that are worked on at once. */
  lanes: 16,
  /** Instances kept in memory; beyond, the one unused for longest is read again when it is needed. */
  instances: 1_000,
  /** Events of a saga's stream that are read at once. */
  pageEvents: 200,
  /** Tries to record one step against others who write to the same instance. */
  tries: 10,
  /** Instances whose commands are on their way at once. */
  sending: 16,
  /** Instances that wait for their turn or for another try; beyond, the reader of the steps waits. */
  waiting: 10_000,
  /** Timers kept in memory, the earliest first; the rest stay in the collection until their time is near. */
  timers: 50_000,
  /** Documents of one page of unfinished instances. */
  pageDocuments: 200,
  /** Between two tries of a command or a timer, in milliseconds: doubled with each, up to the longest. */
  firstPauseMs: 25,
  longestPauseMs: 5_000,
} as const;

/** How long to wait after so many failures in a row (from 1), in milliseconds. */
export const pauseAfter = (failures: number): number =>
  doubled(failures, sagaLimits.firstPauseMs, sagaLimits.longestPauseMs);
