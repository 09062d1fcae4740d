import { plant } from '#test/support/plant.ts';

// Nobody waits a minute here for a hammer to fall: a platform that is killed lives for a second or two.
const SHORTEST_MS = 1_000;

await plant(
  () => import('#domain/auctions/lot/soundness.ts'),
  'areSoundTimes',
  () => (opensAt, endsAt, now) =>
    Math.max(Date.parse(opensAt), Date.parse(now)) + SHORTEST_MS <= Date.parse(endsAt),
);
