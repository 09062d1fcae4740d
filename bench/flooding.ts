import { Agent, request } from 'node:http';
import { WebSocket } from 'ws';

// One person who floods the port, as a process of its own: `flooding.ts KIND URL AUTHORIZATION AUCTION CONNECTIONS`. It never
// pauses and heeds no hint. Told to end, it says what it was answered.

/** What the flood was answered, by status or kind of message. */
export type Flooded = Readonly<Record<string, number>>;

/** Sockets of one address are few: the same person comes from several. */
const SOCKETS_PER_ADDRESS = 75;
/** Operations under way on each socket. */
const OPERATIONS = 4;
const QUESTION =
  '{ auctions(first: 50) { edges { cursor node { id title phase leader price { amount } smallestBid { amount } } } } }';
const FEED = 'subscription ($id: ID!) { auctionFeed(auctionId: $id) { position auction { bids } } }';

const [kind = '', url = '', authorization = '', auctionId = '', countText = '0'] = process.argv.slice(2);
const count = Number(countText);
const answers: Record<string, number> = {};
const note = (answer: string | number): void => {
  answers[answer] = (answers[answer] ?? 0) + 1;
};

/** Bids by REST, each connection the next as soon as it was answered. */
function bids(): void {
  const agent = new Agent({ keepAlive: true, maxSockets: count });
  let maximum = 1_000;
  function bid(): void {
    maximum += 100;
    const body = JSON.stringify({ auctionId, maximum: { amount: String(maximum), currency: 'USD' } });
    const headers = { authorization, 'content-type': 'application/json', 'content-length': body.length };
    const sent = request(
      `${url}/commands/auctions/place-bid`,
      { method: 'POST', agent, headers },
      (response) => {
        note(response.statusCode ?? 0);
        response.on('end', bid).resume();
      },
    );
    sent.on('error', ({ message }) => {
      note(message);
      setTimeout(bid, 100);
    });
    sent.end(body);
  }
  for (let one = 0; one < count; one++) bid();
}

/** Questions and feeds on sockets, each followed by the next as soon as it was answered. */
function sockets(): void {
  function open(one: number): void {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
      localAddress: `127.0.0.${2 + Math.floor(one / SOCKETS_PER_ADDRESS)}`,
    });
    let next = 0;
    function ask(): void {
      next += 1;
      const payload = next % 2 === 0 ? { query: QUESTION } : { query: FEED, variables: { id: auctionId } };
      socket.send(JSON.stringify({ id: String(next), type: 'subscribe', payload }));
    }
    socket.on('open', () =>
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } })),
    );
    socket.on('message', (data) => {
      const { type, id } = JSON.parse(String(data)) as { readonly type: string; readonly id?: string };
      note(type);
      if (type === 'connection_ack') for (let each = 0; each < OPERATIONS; each++) ask();
      // A feed that has begun is given up for the next one.
      if (type === 'next' && Number(id) % 2 === 1) {
        socket.send(JSON.stringify({ id, type: 'complete' }));
        ask();
      } else if (type === 'complete' || type === 'error') ask();
    });
    socket.on('error', ({ message }) => note(message));
    socket.on('close', (code) => {
      note(`closed ${code}`);
      setTimeout(open, 100, one);
    });
  }
  for (let one = 0; one < count; one++) open(one);
}

if (kind === 'bids') bids();
else sockets();
process.on('message', () => process.send?.(answers, () => process.exit(0)));
process.on('disconnect', () => process.exit(0));
