import { storeLimits } from '#domain/kernel/ports/event-store.ts';

/** Every limit of the pipeline, each with its unit. */
export interface PipelineLimits {
  /** Commands from outside that may be under way at once, the chains they lead to included, whatever is learned. */
  readonly externalInFlight: number;
  /** As many of them may always be, however slow the platform is. */
  readonly externalLeast: number;
  /** So many more than it has learned to take the platform lets in, as long as most of those who come find room. */
  readonly externalBurst: number;
  /** How many times longer than alone three of four answers may take before fewer are let in. */
  readonly slowdown: number;
  /** After so long without anybody alone, under load, it is looked how long an answer takes alone. */
  readonly probeEveryMs: number;
  /** As above for commands of role `system`: larger, so that a flood outside cannot starve what finishes work. */
  readonly systemInFlight: number;
  /** Commands from outside that may wait for one stream. */
  readonly externalPerStream: number;
  readonly systemPerStream: number;
  /** Commands decided in one go: more would hold up every other stream of the process. */
  readonly decisionsPerBatch: number;
  readonly eventsPerAppend: number;
  readonly appendBytes: number;
  /** Decisions made again because another process wrote first. */
  readonly decideAttempts: number;
  /** Tries to learn what became of an append whose outcome is unknown. */
  readonly settleAttempts: number;
  /** The first repeat is immediate; the pauses behind it double from here, each shortened by chance. */
  readonly pauseMs: number;
  readonly longestPauseMs: number;
  /** So many of the last commands of a stream are remembered, however old they are, and whoever sent them. */
  readonly rememberedCommandsPerStream: number;
  /** Keys from outside are remembered for so long, however many came behind them. */
  readonly keyLifeMs: number;
  /** Keys of one person that a stream takes within that time: what bounds its memory. */
  readonly keysPerPerson: number;
  /** Keys from outside, of whatever streams, of which the process knows where they were used: half as many at least. */
  readonly keysSeen: number;
  /** Keys are kept beside snapshots in pages of so many events. */
  readonly eventsPerKeyPage: number;
  readonly cachedStreams: number;
  /** Over all cached streams: what bounds the memory of long windows. */
  readonly cachedCommands: number;
  readonly eventsPerSnapshot: number;
  /** Preconditions that may wait for the store at once. */
  readonly preconditionsReading: number;
  /** How long a workflow's caller waits for its outcome. */
  readonly outcomeWaitMs: number;
  readonly pageEvents: number;
}

export const pipelineLimits: PipelineLimits = {
  externalInFlight: 10_000,
  externalLeast: 12,
  externalBurst: 64,
  slowdown: 2,
  probeEveryMs: 10_000,
  systemInFlight: 50_000,
  externalPerStream: 2_000,
  systemPerStream: 10_000,
  decisionsPerBatch: 200,
  eventsPerAppend: storeLimits.eventsPerAppend,
  appendBytes: storeLimits.appendBytes,
  decideAttempts: 12,
  settleAttempts: 6,
  pauseMs: 4,
  longestPauseMs: 500,
  rememberedCommandsPerStream: 10_000,
  keyLifeMs: 24 * 60 * 60 * 1_000,
  keysPerPerson: 100_000,
  keysSeen: 400_000,
  eventsPerKeyPage: 1_000,
  cachedStreams: 20_000,
  cachedCommands: 1_000_000,
  eventsPerSnapshot: 500,
  preconditionsReading: 1_000,
  outcomeWaitMs: 5_000,
  pageEvents: storeLimits.pageEvents,
};
