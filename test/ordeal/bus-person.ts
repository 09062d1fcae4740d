import { setTimeout as pause } from 'node:timers/promises';
import type { Session } from '#demo/api.ts';
import type { Random } from '#domain/kernel/ports/facts.ts';
import type { AcknowledgementLog } from '#test/support/acknowledgement-log.ts';
import type { busAt } from './left-there.ts';

// A program that sends its commands over the topics, and writes down what it asks and hears like any other client.

/** Without a reply for so long a command is sent again, in milliseconds. */
const AGAIN_MS = 15_000;
/** After a bus that did not take it, or a reply that the outcome is on its way. */
const SOON_MS = 200;

interface Command {
  readonly name: string;
  /** As REST has it. */
  readonly path: string;
  readonly data: object;
}

export interface BusPersonOptions {
  readonly at: ReturnType<typeof busAt>;
  readonly who: Session;
  readonly log: AcknowledgementLog;
  readonly random: Random;
  /** Ends it without waiting for anything. */
  readonly over: AbortSignal;
  /** One that takes bids now, if there is one. */
  readonly auction: () => string | undefined;
  /** Somebody to send money to. */
  readonly other: string;
  readonly thinkMs: number;
}

export interface BusPerson {
  /** Commands whose outcome it was told. */
  answered(): number;
  /** Begins nothing new, and resolves when all that was begun is answered. */
  finish(): Promise<void>;
}

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
const usd = (amount: number) => ({ amount: String(amount), currency: 'USD' });

/** Sends under an id until the outcome has come back, whatever dies in between. */
async function sender({ at: { bus, prefix }, who, log, over }: BusPersonOptions) {
  const replyTo = `${prefix}.replies.ordeal`;
  const paths = new Map<string, string>();
  const heard = new Map<string, (status: number) => void>();
  await bus.declare([{ name: replyTo, partitions: 2 }]);
  const replies = bus.consume({
    ...{ group: `${prefix}-ordeal`, topics: [replyTo] },
    async handle(records) {
      for (const { key, value, headers } of records) {
        const commandId = text(key);
        const path = paths.get(commandId);
        if (path === undefined) continue;
        const status = Number(headers.status);
        const body: unknown = JSON.parse(text(value));
        log.write({ kind: 'heard', person: who.person, commandId, path, status, body });
        heard.get(commandId)?.(status);
      }
    },
  });
  await replies.joined;

  async function once(commandId: string, { name, data }: Command): Promise<number | undefined> {
    const reply = Promise.withResolvers<number>();
    heard.set(commandId, reply.resolve);
    const token = who.authorization.replace('Bearer ', '');
    const envelope = { command: name, data, idempotencyKey: commandId, token, replyTo };
    const topic = `${prefix}.commands`;
    try {
      await bus.send([{ topic, key: who.person, value: JSON.stringify(envelope), headers: {} }]);
    } catch {
      // Nobody knows whether it stands there: it is sent again.
      await pause(SOON_MS);
      return undefined;
    }
    const late = AbortSignal.any([over, AbortSignal.timeout(AGAIN_MS)]);
    const patience = new Promise<undefined>((resolve) =>
      late.addEventListener('abort', () => resolve(undefined)),
    );
    return Promise.race([reply.promise, patience]);
  }

  return {
    async send(commandId: string, command: Command): Promise<void> {
      paths.set(commandId, command.path);
      while (!over.aborted) {
        log.write({ kind: 'asked', person: who.person, commandId, path: command.path });
        const status = await once(commandId, command);
        if (status !== undefined && status !== 202 && status < 500) break;
        if (status === undefined) log.write({ kind: 'lost', person: who.person, commandId });
        else await pause(SOON_MS);
      }
      heard.delete(commandId);
    },
    stop: () => replies.stop(),
  };
}

/** Bids and pays others over the bus, one after the other. */
export async function busPerson(options: BusPersonOptions): Promise<BusPerson> {
  const { random, over, auction, other, thinkMs } = options;
  const { send, stop } = await sender(options);
  const below = (limit: number): number => Math.floor(random() * limit);
  let finishing = false;
  let answered = 0;
  async function behave(): Promise<void> {
    for (let act = 0; !(finishing || over.aborted); act++) {
      const auctionId = random() < 0.5 ? auction() : undefined;
      if (auctionId === undefined) {
        const data = { to: other, ...usd(1 + below(100)) };
        await send(`bus-${act}`, { name: 'Transfer', path: 'wallets/transfer', data });
      } else {
        const join = { name: 'JoinAuction', path: 'auctions/join-auction', data: { auctionId } };
        await send(`bus-join-${auctionId}`, join);
        const data = { auctionId, maximum: usd(100 + below(5_000)) };
        await send(`bus-${act}`, { name: 'PlaceBid', path: 'auctions/place-bid', data });
      }
      answered += 1;
      await pause(below(thinkMs));
    }
  }
  const behaving = behave();
  // A failure is told by finish; until then nobody listens.
  behaving.catch(() => undefined);
  return {
    answered: () => answered,
    async finish() {
      finishing = true;
      await behaving.finally(stop);
    },
  };
}
