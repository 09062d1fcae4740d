import type { GraphiQLOptions } from 'graphql-yoga';

/** What GraphiQL opens with: the main job, one tab a step. A token goes into the headers of a tab. */
const tabs: readonly string[] = [
  `# What is on offer. Open to anyone.
query Discover {
  auctions(first: 10, phase: [open]) {
    edges { cursor node { id title phase price { amount currency } endsAt bids } }
    pageInfo { hasNextPage endCursor }
  }
}`,
  `# Needs a token with the role bidder, in the headers below: {"authorization": "Bearer …"}
mutation Bid($auction: ID!) {
  placeBid(auctionId: $auction, maximum: { amount: "17750", currency: "USD" }) {
    ... on Accepted { position stream events { type data } }
    ... on Pending { commandId position }
    ... on BidTooLow { message smallestBid { amount currency } }
    ... on Rejection { code message }
  }
}`,
  `# Every state of an auction, as it happens. Subscribe again with the last position as \`after\`.
subscription Follow($auction: ID!, $after: Token) {
  auctionFeed(auctionId: $auction, after: $after) {
    after
    position
    auction { phase leader price { amount currency } smallestBid { amount } reserveMet bids endsAt }
  }
}`,
  `# Your money.
query Money {
  wallets { edges { node { currency available held } } }
}`,
];

export const graphiqlOptions: GraphiQLOptions = {
  title: 'Annals',
  subscriptionsProtocol: 'WS',
  defaultTabs: tabs.map((query) => ({ query })),
};

/** For the test that proves each of them against the schema. */
export const exampleOperations = tabs;
