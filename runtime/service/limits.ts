// How the processes of one platform reach the one that decides, as both ends of it know.

export const servicePaths = {
  dispatch: '/dispatch',
  clock: '/clock',
  /** Whether whoever asks would be let in. */
  greeting: '/greeting',
} as const;

export const serviceLimits = {
  /** Of one request: the longest command, and what an envelope says beside it. */
  requestBytes: 192 * 1024,
  /** Of one answer: the events of a command. */
  answerBytes: 16 * 1024 * 1024,
  /** How long a caller waits for an answer, in milliseconds: longer than a command may take that is still on its way. */
  answerWithinMs: 15_000,
  /** Requests of one process under way. */
  underWay: 2_000,
  /** Connections that they share. */
  connections: 256,
  /** For how long a token of a role stands, in milliseconds: whoever reads one off the wire has no use for it later. */
  tokenMs: 60_000,
  /** By how much the clocks of two machines may differ, in milliseconds. */
  clockDifferenceMs: 10_000,
  /** When whoever found no answer may ask again, in milliseconds. */
  retryAfterMs: 1_000,
  /** How long a role's question for the next moment is kept waiting, in milliseconds. */
  momentWaitMs: 10_000,
  /** How long it works on one before it says that it is still there, in milliseconds. */
  momentWorkMs: 1_000,
  /** How long a role may be silent while the others wait for it, in milliseconds: then they go on without it. */
  silenceMs: 5_000,
  /** Between two looks whether the write side is there, in milliseconds, and how long one may take. */
  greetingEveryMs: 2_000,
  greetingWithinMs: 3_000,
  /** And the first of the pauses while it is not, which grow. */
  greetingAgainMs: 250,
  /** Roles in processes of their own, at most. */
  followers: 100,
} as const;
