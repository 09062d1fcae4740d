import type { StoredEvent } from '#domain/kernel/envelope.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';

// An auditor from outside: reads the stored JSON of a whole history and believes no code of the house. Its rules are
// written from the promises alone: double entry, holds that end once, and events that say why they are there.

type Json = Readonly<Record<string, unknown>>;

export interface Audit {
  /** What is wrong, as sentences; empty when all promises were kept. */
  readonly problems: readonly string[];
  /** Every account that ever moved, in minor units; those of clearing are left out, because they must end at zero. */
  readonly balances: Readonly<Record<string, bigint>>;
  /** Holds that still hold something: `<person>:<currency>/<holdId>` to minor units. */
  readonly held: Readonly<Record<string, bigint>>;
}

/** A claim on a hold, as its events tell it. */
type Claims = Map<string, { amount: bigint; open: boolean }>;
interface Hold {
  readonly claims: Claims;
  over: boolean;
}

const PAGE_EVENTS = 1_000;
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const CHANNELS = ['http', 'graphql', 'websocket', 'webhook', 'reaction', 'saga', 'timer', 'cli'];
const TEXTS = ['actor', 'command', 'commandId', 'payload', 'correlationId', 'causationId'];

/** Audits everything that a store holds. */
export async function audit(store: Pick<EventStore, 'readAll'>): Promise<Audit> {
  const auditor = new Auditor();
  for (let after = 0n, end = false; !end; ) {
    const page = await store.readAll({ after, limit: PAGE_EVENTS });
    for (const event of page.events) auditor.read(event);
    after = page.through;
    end = page.end;
  }
  return auditor.report();
}

class Auditor {
  readonly #problems: string[] = [];
  readonly #balances = new Map<string, bigint>();
  readonly #holds = new Map<string, Hold>();
  readonly #revisions = new Map<string, number>();
  readonly #correlations = new Map<string, unknown>();
  /** Where each command (stream, actor, id) has written last. */
  readonly #commands = new Map<string, number>();
  #position = 0n;
  #recordedAt = '';

  read(event: StoredEvent): void {
    const complain = (problem: string): void => {
      this.#problems.push(`${event.type} ${event.stream}/${event.revision}: ${problem}`);
    };
    this.#checkPlace(event, complain);
    this.#checkMetadata(event, complain);
    this.#book(event, complain);
    if (event.stream.startsWith('wallet-')) this.#follow(event, complain);
  }

  report(): Audit {
    const balances: Record<string, bigint> = {};
    for (const [account, balance] of [...this.#balances].sort()) {
      if (!account.startsWith('clearing:')) balances[account] = balance;
      else if (balance !== 0n) this.#problems.push(`${account} ends with ${balance}`);
    }
    const held: Record<string, bigint> = {};
    for (const [name, hold] of this.#holds) if (heldBy(hold) > 0n) held[name] = heldBy(hold);
    this.#checkHeld(held);
    return { problems: this.#problems, balances, held };
  }

  #checkPlace({ eventId, stream, revision, position, recordedAt }: StoredEvent, complain: Complain): void {
    if (revision !== (this.#revisions.get(stream) ?? -1) + 1) complain('its stream has a gap');
    this.#revisions.set(stream, revision);
    if (position <= this.#position) complain('it does not stand behind the event before it');
    this.#position = position;
    if (!MOMENT.test(recordedAt) || recordedAt < this.#recordedAt) complain('recorded before the one before');
    this.#recordedAt = recordedAt;
    if (!UUID_V7.test(eventId)) complain(`${eventId} is no UUIDv7`);
    if (this.#correlations.has(eventId)) complain('its id was used before');
  }

  /** Who, by which command, because of what, from where, and when. */
  #checkMetadata({ eventId, stream, revision, recordedAt, data, metadata }: StoredEvent, complain: Complain) {
    for (const field of TEXTS) if (!isText(metadata[field])) complain(`no ${field}`);
    const { version, occurredAt, roles, actor, commandId, correlationId, causationId } = metadata;
    if (!Number.isInteger(version) || Number(version) < 1) complain('no version');
    if (typeof occurredAt !== 'string' || !MOMENT.test(occurredAt)) complain('no occurredAt');
    else if (occurredAt > recordedAt) complain('it occurred after it was recorded');
    if (!Array.isArray(roles) || roles.length === 0) complain('nobody knows in which role');
    const { channel } = (metadata.origin ?? {}) as Json;
    if (!CHANNELS.includes(String(channel))) complain('nobody knows from where');
    const command = `${stream} ${actor} ${commandId}`;
    const before = this.#commands.get(command);
    if (before !== undefined && before !== revision - 1) complain(`${commandId} was decided twice`);
    this.#commands.set(command, revision);
    const answered = ((data.input ?? {}) as Json).commandId;
    const known = this.#correlations.has(String(causationId));
    if (!known && causationId !== commandId && causationId !== answered) complain('its cause is unknown');
    if (channel === 'reaction' && known && this.#correlations.get(String(causationId)) !== correlationId)
      complain('its correlation is not that of its cause');
    this.#correlations.set(eventId, correlationId);
  }

  #book({ data }: StoredEvent, complain: Complain): void {
    const postings = (data.postings ?? []) as readonly { account: string; amount: string }[];
    const sum = postings.reduce((total, { amount }) => total + BigInt(amount), 0n);
    if (sum !== 0n) complain(`its postings sum to ${sum}`);
    const currencies = new Set(postings.map(({ account }) => account.split(':')[2]));
    if (currencies.size > 1) complain('its postings are in several currencies');
    for (const { account, amount } of postings) {
      const balance = (this.#balances.get(account) ?? 0n) + BigInt(amount);
      this.#balances.set(account, balance);
      // Only the mirror of the world outside may be below zero: by what came in from there.
      if (balance < 0n && !account.startsWith('provider:')) complain(`${account} is at ${balance}`);
    }
    if (data.balance !== undefined) this.#checkBalance(data, complain);
  }

  /** The running balance that an event of a wallet states for the statement. */
  #checkBalance({ person, currency, balance }: Json, complain: Complain): void {
    for (const side of ['available', 'held']) {
      const booked = this.#balances.get(`wallet:${person}:${currency}:${side}`) ?? 0n;
      const stated = (balance as Json)[side];
      if (stated !== booked.toString()) complain(`says ${stated} ${side} where ${booked} are booked`);
    }
  }

  #follow({ type, data }: StoredEvent, complain: Complain): void {
    if (data.holdId === undefined) return;
    const name = `${data.person}:${data.currency}/${data.holdId}`;
    const hold = this.#holds.get(name) ?? { claims: new Map(), over: false };
    this.#holds.set(name, hold);
    const claimId = String(data.claimId);
    const claim = hold.claims.get(claimId);
    if (hold.over && type !== 'FundsRefused' && type !== 'ClaimEnded') complain('the hold was over');
    if (type === 'FundsReserved') {
      if (claim !== undefined) complain(`${claimId} was claimed before`);
      hold.claims.set(claimId, { amount: BigInt(String(data.amount)), open: true });
    } else if (type === 'ClaimEnded') {
      if (claim?.open === false) complain(`${claimId} has ended before`);
      hold.claims.set(claimId, { amount: 0n, open: false });
    } else if (type === 'FundsCaptured' || type === 'FundsReleased') {
      hold.over = true;
      for (const [id] of hold.claims) hold.claims.set(id, { amount: 0n, open: false });
    }
    if (data.held !== undefined && data.held !== heldBy(hold).toString())
      complain(`says that ${data.held} are held where it is ${heldBy(hold)}`);
  }

  /** What the holds of a wallet hold is what stands on its held side. */
  #checkHeld(held: Readonly<Record<string, bigint>>): void {
    for (const [account, balance] of this.#balances) {
      const [kind, person, currency, side] = account.split(':');
      if (kind !== 'wallet' || side !== 'held') continue;
      const own = Object.entries(held).filter(([name]) => name.startsWith(`${person}:${currency}/`));
      const sum = own.reduce((total, [, amount]) => total + amount, 0n);
      if (sum !== balance) this.#problems.push(`${account} is ${balance}, its holds hold ${sum}`);
    }
  }
}

type Complain = (problem: string) => void;
const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
/** The largest of its open claims. */
const heldBy = ({ claims }: Hold): bigint =>
  [...claims.values()].reduce((most, { amount, open }) => (open && amount > most ? amount : most), 0n);
