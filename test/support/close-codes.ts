/**
 * Every code that a socket of ours may be closed with: how a server says that a peer has broken the protocol (RFC 6455, and
 * `graphql-transport-ws` from 4400 on), has asked for too much, or that the conversation is over. 4500 is none of them: it would
 * be a failure of ours.
 */
export const closeCodes: ReadonlySet<number> = new Set([
  ...[1000, 1001, 1002, 1003, 1005, 1007, 1008, 1009, 1013],
  ...[4400, 4401, 4403, 4406, 4408, 4409, 4429],
]);
