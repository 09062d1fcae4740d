import { type Client, createClient } from 'graphql-ws';

/** The token is called `authorization` here as in a header, in any case; each new socket asks for it again. */
export const connect = (url: string, token: () => string | Promise<string>): Client =>
  createClient({
    url,
    retryAttempts: 0, // By itself it would subscribe again with its first variables.
    connectionParams: async () => ({ authorization: `Bearer ${await token()}` }),
  });

export interface Item {
  readonly after: string;
  readonly position: string;
  readonly auction: { readonly bids: number };
}
const FOLLOW = `subscription ($auctionId: ID!, $after: Token) {
  auctionFeed(auctionId: $auctionId, after: $after) { after position auction { bids } }
}`;
/** Each other no is final: the same question would get the same answer. */
const COME_BACK: readonly unknown[] = ['slow_consumer', 'unavailable', 'overloaded', 'behind'];

/** Ends with the signal once the client is disposed of: until then it is told, or comes back. */
export async function* follow(
  client: Client,
  auctionId: string,
  signal: AbortSignal,
  pauseMs = 500,
): AsyncGenerator<Item> {
  for (let cursor: string | undefined; !signal.aborted; ) {
    const question = { query: FOLLOW, variables: { auctionId, after: cursor } };
    try {
      for await (const { data, errors } of client.iterate<{ auctionFeed: Item }>(question)) {
        const passing = errors?.every(({ extensions }) => COME_BACK.includes(extensions?.code));
        if (errors && !passing) throw new AggregateError(errors);
        if (!data) continue;
        cursor = data.auctionFeed.position; // Before it is handed on: it is never asked for again.
        yield data.auctionFeed;
      }
    } catch (error) {
      // What the server has said no to stays a no; a socket that was lost is opened again.
      if (error instanceof AggregateError) throw error;
    }
    await new Promise((again) => setTimeout(again, pauseMs));
  }
}
