import { type Plant, plant } from '#test/support/plant.ts';

// Of bids, hammers and what is due.

const NEVER = '9999-12-31T23:59:59.999Z';

export const auctionPlants: readonly Plant[] = [
  {
    name: 'hammer-does-not-wait',
    story: 'The hammer falls with the end of the lot, whoever is still on the way.',
    async sow() {
      const { DropHammer, LotClosing } = await import('#domain/auctions/auction/messages.ts');
      const { isRecorded } = await import('#domain/kernel/reaction.ts');
      await plant(
        () => import('#sagas/auctions/bid-funding.ts'),
        'bidFunding',
        (bidFunding) => ({
          ...bidFunding,
          on: (event, trail) =>
            isRecorded(event, LotClosing)
              ? [{ command: DropHammer({ auctionId: event.data.auctionId }) }]
              : bidFunding.on(event, trail),
          passed: () => [],
        }),
      );
    },
  },
  {
    name: 'outcome-by-funding-order',
    story: 'An auction decides bids as they are funded, and not in the order in which they were placed.',
    sow: () =>
      plant(
        () => import('#sagas/auctions/bid-funding.ts'),
        'bidFunding',
        (bidFunding) => ({
          ...bidFunding,
          on: (event, trail) => bidFunding.on(event, trail).map(({ inTurn, ...intent }) => intent),
        }),
      ),
  },
  {
    name: 'deadline-by-timer-only',
    story: 'A lot ends when its timer comes: nobody compares the moment of a bid with the end.',
    async sow() {
      await plant(
        () => import('#domain/auctions/participant/decider.ts'),
        'participant',
        (participant) => ({
          ...participant,
          decide: {
            ...participant.decide,
            PlaceBid(data, state, facts) {
              const { precondition } = facts;
              const endless = 'refusal' in precondition ? precondition : { ...precondition, endsAt: NEVER };
              return participant.decide.PlaceBid(data, state, { ...facts, precondition: endless });
            },
          },
        }),
      );
      await plant(
        () => import('#domain/auctions/auction/bidding.ts'),
        'whyNot',
        (whyNot) => (auction, bid, placing) => whyNot(auction, bid, { ...placing, moment: undefined }),
      );
    },
  },
  {
    name: 'sale-cancelled-in-name-only',
    story: 'A sale is cancelled, and its auctions go on: nobody calls them off, and no hammer asks.',
    async sow() {
      await plant(
        () => import('#sagas/auctions/bid-funding.ts'),
        'bidFunding',
        (bidFunding) => ({
          ...bidFunding,
          on: (event, trail) =>
            bidFunding.on(event, trail).filter(({ command }) => command.command !== 'CallOffAuction'),
        }),
      );
      await plant(
        () => import('#domain/workflows/drop-hammer.ts'),
        'dropHammer',
        (dropHammer) => ({ ...dropHammer, precondition: () => undefined }),
      );
    },
  },
  {
    name: 'timer-is-believed',
    story:
      'What a timer brings is decided whenever it comes, also by a clock on which its time has not come.',
    sow: () =>
      plant(
        () => import('#domain/kernel/deadline.ts'),
        'whenDue',
        () => (_due, _now, decide) => decide(),
      ),
  },
];
