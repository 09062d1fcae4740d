import { type ApolloClient, CombinedGraphQLErrors, gql } from '@apollo/client';

export interface Item {
  readonly after: string;
  readonly position: string;
  readonly auction: { readonly bids: number };
}
const FOLLOW = gql`subscription ($auctionId: ID!, $after: Token) {
  auctionFeed(auctionId: $auctionId, after: $after) { after position auction { bids } }
}`;
/** Each other no is final: the same question would get the same answer. */
const COME_BACK: readonly unknown[] = ['slow_consumer', 'unavailable', 'overloaded', 'behind'];

/** Ends with the signal, or rejects with a final no. The socket's client is made with `retryAttempts: 0` here too. */
export async function follow(
  client: ApolloClient,
  auctionId: string,
  onItem: (item: Item) => void,
  signal: AbortSignal,
  pauseMs = 500,
): Promise<void> {
  for (let cursor: string | undefined; !signal.aborted; ) {
    const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
    const running = client
      .subscribe<{ auctionFeed: Item }>({ query: FOLLOW, variables: { auctionId, after: cursor } })
      .subscribe({
        next({ data, error }) {
          const noes = CombinedGraphQLErrors.is(error) ? error.errors : [];
          if (!noes.every(({ extensions }) => COME_BACK.includes(extensions?.code))) return reject(error);
          if (!data) return;
          cursor = data.auctionFeed.position; // Before it is handed on: it is never asked for again.
          onItem(data.auctionFeed);
        },
        error: () => resolve(),
        complete: () => resolve(),
      });
    const stop = () => resolve();
    signal.addEventListener('abort', stop);
    await ended.finally(() => {
      signal.removeEventListener('abort', stop);
      running.unsubscribe();
    });
    await new Promise((again) => setTimeout(again, pauseMs));
  }
}
