import { BODY_BYTES } from '#write-side/rest/body.ts';

/** Limits of the port. Bodies have theirs where they are read. */
export const httpLimits = {
  /** Open at once, whoever they belong to. When all are taken, those on which nothing is asked give way. */
  connections: 5_000,
  /** Of one network ({@link networkOf}); and of requests under way for it that come through a trusted proxy. */
  connectionsPerAddress: 500,
  /** Handshakes of TLS under way, whoever they belong to, and of one network: beyond them the oldest gives way. */
  handshakes: 1_000,
  handshakesPerAddress: 100,
  /** For a handshake to be done. */
  handshakeMs: 10_000,
  headerBytes: 16 * 1024,
  headers: 100,
  /** For a request's headers to arrive; whoever drips them holds a connection no longer. */
  headersTimeoutMs: 10_000,
  /** For a whole request to arrive. */
  requestTimeoutMs: 30_000,
  /**
   * An idle connection waits this long for its next request: longer than balancers keep theirs, which send into the end of a
   * shorter one. Where the port is full it gives way before.
   */
  keepAliveTimeoutMs: 65_000,
  /** How often the timeouts above, and what waits to be taken, are looked at. */
  connectionsCheckMs: 2_000,
  /** Silence after which the system asks whether the peer is still there: half-open connections end. */
  peerProbeMs: 30_000,
  /** Slices of what comes on connections that are taken in between two looks at everybody else. */
  slicesAtOnce: 8,
  /** A body is gathered up to so many bytes, the most that any reader takes: what goes beyond is theirs to refuse. */
  bodyBytes: BODY_BYTES,
  /** Of all bodies that are gathered; beyond it whoever sends more is cut off. */
  bodiesBytes: 64 * 1024 * 1024,
  /** Requests that may wait on one connection for the answers before them. */
  pipelinedRequests: 64,
  /** How long bytes may wait for a peer that takes none of them: sockets that say goodbye by a code before have had a minute. */
  untakenMs: 75_000,
  /** Of bytes that wait for their peers, over all connections: beyond it those for whom most wait are cut off. */
  untakenBytes: 128 * 1024 * 1024,
  /** For a peer to hang up behind the last answer; then its connection is destroyed. */
  lingerMs: 2_000,
  /** Connections turned away that may still be reading why. */
  turnedAway: 100,
} as const;
export type HttpLimits = { readonly [Name in keyof typeof httpLimits]: number };
