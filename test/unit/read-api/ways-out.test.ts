import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { decider, forget } from '#domain/kernel/decider.ts';
import { PersonId } from '#domain/kernel/ids.ts';
import {
  capability,
  command,
  event,
  personal,
  recordedReason,
  refusalShape,
  rejection,
  secret,
} from '#domain/kernel/message.ts';
import { RejectedError } from '#domain/kernel/rejections.ts';
import { stream } from '#domain/kernel/stream.ts';
import { tokenOf } from '#domain/kernel/token.ts';
import { view } from '#projections/view.ts';
import { documents } from '#read-api/documents.ts';
import { query, subscription } from '#read-api/operation.ts';
import { givenReadSide, type ReadSide } from '#test/support/read-side.ts';

// A context that is only here, with marks two deep and in a list wherever something can be marked: whatever way its messages and
// documents take out by GraphQL, what is marked stays.

const Piece = z
  .object({
    finder: PersonId,
    worth: secret(z.string(), { owner: 'finder' }),
    from: personal(z.string(), { owner: 'finder' }),
    key: capability(z.string(), { owner: 'finder' }),
  })
  .meta({ id: 'ScratchPiece', description: 'A piece.' });
const hoard = { box: z.object({ pieces: z.array(Piece) }) };
const inside = {
  box: { pieces: [{ finder: 'ann', worth: 'SECRET', from: 'PERSONAL', key: 'CAPABILITY' }] },
};
const boxId = z.string();

const BoxFull = rejection('box_full', { message: 'No.', details: hoard });
const BoxFilled = event('BoxFilled', { version: 1, description: 'Filled.', data: { boxId, ...hoard } });
const BoxLeft = event('BoxLeft', {
  version: 1,
  description: 'A no that is recorded.',
  data: { boxId, ...refusalShape },
  refusal: true,
});
const boxStream = stream('box', ({ boxId }: { boxId: string }) => boxId);
const FillBox = command('FillBox', {
  description: 'Fills a box.',
  from: ['bidder'],
  data: { boxId },
  stream: boxStream,
  rejections: [BoxFull],
});
const messages = {
  name: 'boxes',
  description: '',
  events: [BoxFilled, BoxLeft] as const,
  commands: [FillBox] as const,
};
const box = decider({
  ...{ stream: boxStream, events: messages.events, commands: messages.commands, stateVersion: 1 },
  initial: {},
  evolve: () => ({}),
  decide: {
    FillBox({ boxId }) {
      if (boxId === 'full') return BoxFull(inside);
      if (boxId === 'left') return [BoxLeft({ boxId, reason: recordedReason([BoxFull], BoxFull(inside)) })];
      return [BoxFilled({ boxId, ...inside })];
    },
  },
});
const Box = z.object({ id: z.string(), ...hoard }).meta({ id: 'ScratchBox', description: 'A box.' });
const boxesView = view({
  name: 'boxes',
  version: 1,
  description: 'Boxes.',
  document: Box,
  on: (when) => [
    when(BoxFilled, (_, event) => {
      const { boxId, box } = event.data;
      if (boxId === 'broken') throw Object.assign(new Error('it cannot be folded'), { event });
      return { id: boxId, box };
    }),
  ],
  key: ({ data }) => data.boxId,
});
const boxes = documents(boxesView);
const scratch = {
  messages,
  deciders: [forget(box)],
  ...{ workflows: [], reactions: [], sagas: [] },
  views: [boxesView],
  operations: {
    queries: {
      box: query({
        ...{ description: 'A box.', who: 'anyone', args: { boxId }, returns: Box.nullable() },
        resolve: ({ boxId }, context) => boxes.get(boxId, context),
      }),
      noBox: query({
        ...{ description: 'None.', who: 'anyone', args: {}, returns: Box.nullable() },
        resolve: () => Promise.reject(new RejectedError(BoxFull(inside))),
      }),
    },
    subscriptions: {
      boxFeed: subscription({
        ...{
          description: 'Boxes.',
          who: 'anyone',
          args: { boxId },
          returns: z.object({ box: Box }).meta({ id: 'BoxItem' }),
        },
        async *subscribe({ boxId }, context) {
          const box = await boxes.get(boxId, context);
          if (box !== null) yield { box };
        },
      }),
    },
    fields: {},
    nodes: [],
  },
} as const;

let readSide: ReadSide;
let at: string;
before(async () => {
  readSide = await givenReadSide({ scratch });
  await readSide.append('wallet-ann:USD', BoxFilled({ boxId: 'b', ...inside }));
  const reason = recordedReason([BoxFull], BoxFull(inside));
  await readSide.append('box-broken', BoxFilled({ boxId: 'broken', ...inside }));
  at = tokenOf(
    readSide.store.epoch,
    await readSide.append('wallet-ann:USD', BoxLeft({ boxId: 'c', reason })),
  );
});
after(() => readSide.close());

const asked = async (query: string, token?: string) => JSON.stringify(await readSide.ask(query, {}, token));

/** The first answers of a feed, until one tells of this. */
async function followed(query: string, until: RegExp, token: string): Promise<string> {
  const client = createClient({
    ...{ url: readSide.socketUrl, webSocketImpl: WebSocket, retryAttempts: 0 },
    connectionParams: { authorization: `Bearer ${token}` },
  });
  let told = '';
  try {
    for await (const item of client.iterate({ query })) {
      told += JSON.stringify(item);
      if (until.test(told)) return told;
    }
    return told;
  } finally {
    await client.dispose();
  }
}

const MARKED = /SECRET|PERSONAL|CAPABILITY/;
const told = (text: string) => [...text.matchAll(new RegExp(MARKED, 'g'))].map(([word]) => word);
/** Everything but what is marked. */
const AROUND = /"pieces":\[\{"finder":"ann"/;

test('a mutation answers without what is marked, the first time and when it is sent again', async () => {
  const fields = '__typename ... on Accepted { events { data } }';
  const fill = `mutation { fillBox(boxId: "d", commandId: "k") { ${fields} } }`;
  const first = await asked(fill, 'ann:bidder');
  assert.match(first, AROUND);
  assert.doesNotMatch(first, MARKED);
  assert.equal(await asked(fill, 'ann:bidder'), first);
});

test('a no tells nothing that is marked: as an answer, when it was recorded, and as an error', async () => {
  const piece = 'box { pieces { finder worth from key } }';
  for (const boxId of ['full', 'left']) {
    const no = `mutation { fillBox(boxId: "${boxId}") { __typename ... on BoxFull { ${piece} } } }`;
    const answer = await asked(no, 'bob:bidder');
    assert.match(answer, AROUND);
    assert.doesNotMatch(answer, MARKED, boxId);
  }
  const error = await asked('{ noBox { id } }', 'ines:investigator');
  assert.match(error, AROUND);
  assert.doesNotMatch(error, MARKED);
});

test('pages and feeds of events tell each what they may see, and nobody what lets whoever has it act', async () => {
  const pages = [
    '{ allEvents(streams: ["wallet-"]) { events { data } } }',
    '{ streamEvents(stream: "wallet-ann:USD") { events { data } } }',
  ];
  for (const page of pages) {
    assert.deepEqual(told(await asked(page, 'ida:auditor')), ['SECRET'], page);
    assert.deepEqual(told(await asked(page, 'ines:investigator')), ['SECRET', 'PERSONAL'], page);
    assert.match(await asked(page, 'ida:auditor'), /"box_full".*"finder":"ann"/, 'the refusal is there, too');
  }
  const events = 'subscription { events(streams: ["wallet-"]) { event { type data } } }';
  assert.deepEqual(told(await followed(events, /BoxLeft/, 'ines:investigator')), ['SECRET', 'PERSONAL']);
  const own = 'subscription { walletFeed { entry { type data } } }';
  const entries = await followed(own, /BoxLeft/, 'ann:bidder');
  assert.match(entries, AROUND);
  assert.doesNotMatch(entries, MARKED);
});

test('a document and a feed of documents tell an owner everything, and others what their role shows', async () => {
  const fields = 'box { pieces { finder worth from key } }';
  const one = `{ box(boxId: "b", atLeast: "${at}") { ${fields} } }`;
  const feed = `subscription { boxFeed(boxId: "b", atLeast: "${at}") { box { ${fields} } } }`;
  const ways = [(token: string) => asked(one, token), (token: string) => followed(feed, AROUND, token)];
  for (const way of ways) {
    assert.deepEqual(told(await way('ann:bidder')), ['SECRET', 'PERSONAL', 'CAPABILITY']);
    assert.deepEqual(told(await way('ida:auditor')), ['SECRET']);
    assert.deepEqual(told(await way('ines:investigator')), ['SECRET', 'PERSONAL']);
    const others = await way('bob:bidder');
    assert.match(others, AROUND);
    assert.doesNotMatch(others, MARKED);
  }
});

test('what is said of a parked key tells nothing of the event at which it was parked', async () => {
  const views = await asked(`{ views { view parked { key error } } }`, 'ada:admin');
  assert.match(views, /"key":"broken","error":"[^"]*it cannot be folded/);
  assert.doesNotMatch(views, MARKED);
});
