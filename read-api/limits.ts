/** What one caller may ask of the read side. Whatever is not named here has no way in. */
export const readLimits = {
  /** Levels of fields below the operation; introspection is one level, however deep it asks. */
  depthLevels: 12,
  /** Fields an answer may come to; a field below a page counts once for each item the page may have. */
  costFields: 20_000,
  /** Fields for which a question takes one more of its person's places: the longest are answered one by one. */
  fieldsPerPlace: 500,
  /** Fields directly below the operation, aliases included: a request is no batch. */
  rootFields: 10,
  /** Fields that an operation may ask of the schema's own description, fragments counted wherever they are spread. */
  schemaFields: 300,
  documentTokens: 2_000,
  /** Brackets of any kind that stand in each other, values included. */
  bracketLevels: 100,
  requestBytes: 100 * 1024,
  /** Bytes an answer may come to, about; what asks for more is refused instead of answered. */
  answerBytes: 4 * 1024 * 1024,
  /** How long an answer on a socket may wait until more of it is taken; then the socket is closed. Other answers are the port's to watch. */
  answerStallMs: 60_000,
  messageBytes: 64 * 1024,
  /** Frames that a message may come in. */
  messageFragments: 64,
  /** Pieces in which bytes of a message may lie here until it is whole. */
  bufferedChunks: 1_024,
  /** What a socket may say, pings included, before it has said who it is. */
  greetingBytes: 16 * 1024,
  greetingMessages: 20,
  /** Bytes of a message `ping` or `pong`. */
  controlBytes: 1_024,
  /** Characters of the id that a client gives an operation: every answer repeats it. */
  operationIdCharacters: 128,
  /** Bytes of answers that wait on a socket before nothing more is read from it. */
  unreadMarkBytes: 64 * 1024,
  /** Bytes of answers that may wait on a socket; beyond them it is closed. */
  unreadBytes: 4 * 1024 * 1024,
  /** Bytes of answers that may wait on all sockets together; beyond them whoever holds the most is cut. */
  unreadTotalBytes: 128 * 1024 * 1024,
  /** Messages of a socket, beside its operations, that cost nothing within so many milliseconds; each beyond costs one of its network's points. */
  chatterMessages: 60,
  chatterMs: 60_000,
  operationsPerSocket: 50,
  socketsPerAddress: 100,
  feedsPerAddress: 1_000,
  feedsPerPerson: 500,
  /** How long a new socket may stay silent before it says who it is. */
  connectionInitMs: 3_000,
  /** Between pings; a socket that has not answered one before the next is cut. */
  pingMs: 12_000,
  /** How long a feed waits for its reader to take the item it was offered. */
  feedStallMs: 30_000,
  /** How long a feed waits until this process has seen the history up to a token. */
  feedBehindMs: 5_000,
  /** For how long one record of what somebody is shown by a role stands: one event a person and minute. */
  readingLeaseMs: 60_000,
  /** Documents of one view that are folded in this process because somebody follows them. */
  liveDocuments: 5_000,
  /** Of one view, documents whose fold is kept though nobody follows them any more. */
  leftDocuments: 200,
  /** Events of one stream read at a time when a feed begins. */
  streamPageEvents: 500,
} as const;
export type ReadLimits = { readonly [Name in keyof typeof readLimits]: number };

/** Items of one page, unless asked otherwise, and at most. */
export const pageItems = { usual: 20, most: 100 } as const;
