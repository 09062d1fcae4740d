import type { StoredEvent } from '#domain/kernel/envelope.ts';
import { PaymentNotice, type PaymentProvider, type PaymentRequest } from '#domain/kernel/ports/payments.ts';
import { sign } from '#domain/kernel/signature.ts';
import { deliveryLimits } from '#engines/payments/simulated/delivery.ts';
import { type SimulatedProvider, simulatedProvider } from '#engines/payments/simulated/provider.ts';
import type { Faults } from './faults.ts';
import { type Platform, WEBHOOK_SECRET } from './process.ts';
import type { Life, Scheduler } from './scheduler.ts';

/** How long the provider waits for the answer to a notice, in milliseconds. */
const PATIENCE_MS = 3_000;

/** The provider declines whoever asks for a sum like this. */
const declines = ({ amount }: PaymentRequest): string | undefined =>
  amount % 1_300n === 0n ? 'not with us' : undefined;

/** What a person does on the page of a payment, or its bank says later. */
type Decision = 'confirm' | 'decline' | 'charge back' | 'reinstate' | 'contradict';

/** The product's simulated provider out in the world, and the network between it and the platform. */
export class MoneyOutside {
  readonly provider: SimulatedProvider;
  /** Payments whose person has confirmed them: their money has come in, whatever happens here. */
  readonly confirmed = new Set<string>();
  /** Of those, payments that the bank has taken back. */
  readonly chargedBack = new Set<string>();
  /** Of those, payments that are with us again, because the dispute was won. */
  readonly won = new Set<string>();
  /** The last notice that nothing could follow, as the history names it. */
  waitingNotice: string | undefined;
  readonly #scheduler: Scheduler;
  readonly #faults: Faults;
  readonly #outside: Life;
  readonly #platforms: () => readonly Platform[];
  readonly #tokens: string[] = [];
  /** By the text of the notice: whether it was taken. */
  readonly #notices = new Map<string, boolean>();
  #made = 0;

  constructor(options: {
    readonly scheduler: Scheduler;
    readonly faults: Faults;
    readonly outside: Life;
    readonly platforms: () => readonly Platform[];
  }) {
    this.#scheduler = options.scheduler;
    this.#faults = options.faults;
    this.#outside = options.outside;
    this.#platforms = options.platforms;
    this.provider = simulatedProvider({
      file: ':memory:',
      pageUrl: () => 'http://127.0.0.1/provider',
      secret: WEBHOOK_SECRET,
      clock: this.#scheduler.clockOf(this.#outside, 'business'),
      pauseClock: this.#scheduler.clockOf(this.#outside, 'machine'),
      deliver: (body, signature) => this.#deliver(body, signature),
      declines,
      newToken: () => {
        this.#made += 1;
        return `token-${this.#made}-of-the-simulation`;
      },
    });
  }

  /** Notices on their way. */
  get undelivered(): number {
    return [...this.#notices.values()].filter((taken) => !taken).length;
  }

  /** Between two tries of a notice, in milliseconds of the machines' time. */
  get longestPauseMs(): number {
    return deliveryLimits.longestPauseMs;
  }

  /** The person of a payment learns from its event where to confirm it. */
  see({ type, data }: StoredEvent): void {
    if (type === 'NoticeKept') this.waitingNotice = String(data.waitingId);
    if (type !== 'TopUpRequiresAction') return;
    const token = String(data.url).split('/').at(-1) ?? '';
    // Payments from before this run are over, and its provider has never heard of them.
    if (this.provider.shown(token) !== undefined) this.#tokens.push(token);
  }

  /** Of the payments of this run, counted from the newest. */
  decide(payment: number, how: Decision): void {
    const token = this.#tokens.at(-1 - payment);
    if (token === undefined) return;
    if (how !== 'confirm' && how !== 'decline') {
      this.#tell(token, how);
      return;
    }
    const decided = this.provider.decide(token, how);
    const id = this.provider.shown(token)?.payment.id;
    if (decided === 'confirmed' && id !== undefined) this.confirmed.add(id);
  }

  /** Of a payment that was confirmed: all of it is taken back, or is with us again; or that it failed, which cannot be. */
  #tell(token: string, how: Exclude<Decision, 'confirm' | 'decline'>): void {
    const shown = this.provider.shown(token);
    if (shown?.decided !== 'confirmed') return;
    const { id, amount } = shown.payment;
    const say = (outcome: PaymentNotice['outcome']) =>
      this.provider.tell(id, { outcome, amount: BigInt(amount) });
    if (how === 'contradict') say('top_up_failed');
    else if (how === 'charge back' && !this.chargedBack.has(id)) {
      say('top_up_charged_back');
      this.chargedBack.add(id);
    } else if (how === 'reinstate' && this.chargedBack.has(id) && !this.won.has(id)) {
      say('top_up_reinstated');
      this.won.add(id);
    }
  }

  confirmAll(): void {
    for (let payment = 0; payment < this.#tokens.length; payment++) this.decide(payment, 'confirm');
  }

  /** Tells a notice once more, signed anew, also if it was taken. */
  repeat(notice: number): void {
    const text = [...this.#notices.keys()][notice];
    if (text === undefined) return;
    const body = Buffer.from(text);
    const { now } = this.#scheduler.clockOf(this.#outside, 'business');
    void this.#attempt(body, sign(WEBHOOK_SECRET, now(), body));
  }

  /** The provider as a process reaches it. */
  asSeenBy(life: Life): PaymentProvider {
    const { provider } = this;
    return {
      name: provider.name,
      createTopUp: (request) => this.#ask(life, () => provider.createTopUp(request)),
      submitPayout: (request) => this.#ask(life, () => provider.submitPayout(request)),
    };
  }

  close(): Promise<void> {
    return this.provider.close();
  }

  async #ask<T>(life: Life, question: () => Promise<T>): Promise<T> {
    await this.#scheduler.turn(life, 'asks the provider');
    const answer = await question();
    if (this.#faults.strikes('answer of the provider lost')) throw new Error('the provider did not answer');
    await this.#scheduler.turn(life, 'the provider answers');
    return answer;
  }

  async #deliver(body: Uint8Array, signature: string): Promise<boolean> {
    const text = Buffer.from(body).toString();
    if (!this.#notices.has(text)) this.#notices.set(text, false);
    if (this.#faults.strikes('notice lost')) return this.#nothing();
    if (this.#faults.strikes('notice twice')) void this.#attempt(body, signature);
    const taken = await this.#attempt(body, signature);
    if (taken && this.#faults.strikes('answer to a notice lost')) return false;
    if (taken) this.#notices.set(text, true);
    return taken;
  }

  #nothing(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#scheduler.after(this.#outside, PATIENCE_MS, 'the provider hears nothing', () => resolve(false));
    return promise;
  }

  #attempt(body: Uint8Array, signature: string): Promise<boolean> {
    const platforms = this.#platforms();
    const platform = platforms[this.#scheduler.below(platforms.length)];
    if (platform === undefined) return this.#nothing();
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const scheduler = this.#scheduler;
    const giveUp = scheduler.after(this.#outside, PATIENCE_MS, 'the provider hears nothing', () =>
      resolve(false),
    );
    scheduler.later(platform.life, `takes a notice ${outcomeOf(body)}`, async () => {
      const { status } = await platform.takeNotice(body, signature, undefined);
      scheduler.later(this.#outside, `a notice is answered ${status}`, () => {
        giveUp();
        resolve(status >= 200 && status < 300);
      });
    });
    return promise;
  }
}

const outcomeOf = (body: Uint8Array): string =>
  PaymentNotice.decode(JSON.parse(Buffer.from(body).toString())).outcome;
