import { rewritten } from './instead.ts';

// Nobody waits a minute here for a hammer to fall: a platform that is killed lives for a second or two.
rewritten('domain/auctions/lot/soundness.ts', [
  ['const SHORTEST_AUCTION_MS = 60_000;', 'const SHORTEST_AUCTION_MS = 1_000;'],
]);
