import type { GraphiQLOptions } from 'graphql-yoga';

/** Its page has all of its script in it, an editor that works in threads made of that, and styles of its own; it asks the house alone. */
export const GRAPHIQL_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
  'worker-src blob:',
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self' ws: wss:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

interface Tab {
  readonly query: string;
  readonly variables?: string;
  readonly headers?: string;
}

/** The auction of the README's first steps. */
const variables = '{ "auction": "clock" }';
const headers = '{ "authorization": "Bearer " }';

/** What GraphiQL opens with: the main job, one tab a step. A token goes into the headers of a tab. */
const tabs: readonly Tab[] = [
  {
    query: `# What is on offer. Open to anyone.
query Discover {
  auctions(first: 10, phase: [open]) {
    edges { cursor node { auctionId title phase price { amount currency } endsAt bids } }
    pageInfo { hasNextPage endCursor }
  }
}`,
  },
  {
    query: `# Needs a token with the role bidder, which goes into the headers below.
mutation Bid($auction: ID!) {
  placeBid(auctionId: $auction, maximum: { amount: "17750", currency: "USD" }) {
    ... on Accepted { leads position decision { type data } }
    ... on Pending { commandId position }
    ... on BidTooLow { message smallestBid { amount currency } }
    ... on Rejection { code message }
  }
}`,
    variables,
    headers,
  },
  {
    query: `# Every state of an auction, as it happens. Subscribe again with the last position as \`after\`.
subscription Follow($auction: ID!, $after: Token) {
  auctionFeed(auctionId: $auction, after: $after) {
    after
    position
    auction { phase leader price { amount currency } smallestBid { amount } reserveMet bids endsAt }
  }
}`,
    variables,
  },
  {
    query: `# Your money. Needs a token in the headers below.
query Money {
  wallets { edges { node { currency available held } } }
}`,
    headers,
  },
];

export const graphiqlOptions: GraphiQLOptions = {
  title: 'Annals',
  subscriptionsProtocol: 'WS',
  defaultTabs: [...tabs],
};

/** For the test that proves each of them against the schema. */
export const exampleOperations = tabs.map(({ query }) => query);
