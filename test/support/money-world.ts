import { wallets } from '#compose/contexts/wallets.ts';
import { type Actor, systemActor } from '#domain/kernel/actor.ts';
import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import { categoryOf } from '#domain/kernel/ids.ts';
import type { Intent } from '#domain/kernel/intent.ts';
import { type Command, type NewEvent, recordedReason } from '#domain/kernel/message.ts';
import { registryOf } from '#domain/kernel/registry.ts';
import { CloseIfGone } from '#domain/wallets/wallet/messages.ts';
import { whileInDebt } from '#domain/workflows/while-in-debt.ts';
import { NOW, recorded } from '#test/support/given.ts';

/** A command somebody is about to send. */
export interface Sent {
  readonly command: Command;
  readonly by: Actor;
}

/**
 * The wallets' context without a pipeline: deciders folded in memory, one history, and what reactions want waiting until
 * it is taken, in whatever order. A test can so reach interleavings that a running platform meets once a year.
 */
export class MoneyWorld {
  readonly registry = registryOf([wallets.messages]);
  readonly history: RecordedEvent[] = [];
  readonly waiting: Sent[] = [];
  readonly #states = new Map<string, { state: unknown; revision: number }>();
  #decisions = 0;

  /** Decides a command on its stream; the events it made, or the code of its rejection. All are written by their schemas. */
  send({ command: { command, data }, by }: Sent): readonly RecordedEvent[] | string {
    this.registry.encodeCommand({ command, data });
    const declared = this.registry.commands.get(command)?.command;
    const stream = declared?.streamOf(data, by) ?? '';
    const decider = wallets.deciders.find(({ category }) => category === categoryOf(stream));
    const decide = decider?.decide[command];
    if (decider === undefined || decide === undefined) throw new Error(`nobody decides ${command}`);
    const head = this.#states.get(stream) ?? { state: decider.initial, revision: -1 };
    this.#decisions += 1;
    const facts = {
      now: NOW,
      actor: by,
      id: `id-${this.#decisions}`,
      precondition: this.#precondition(command, data, by),
    };
    const decision = decide(data, head.state, facts);
    if ('rejected' in decision) return recordedReason(declared?.rejections ?? [], decision).code;
    let { state, revision } = head;
    const events = decision.map((event) => {
      state = decider.evolve(state, event, { position: undefined, occurredAt: NOW, actor: 'ann' });
      revision += 1;
      return this.record(event, stream, revision, command);
    });
    this.#states.set(stream, { state, revision });
    this.waiting.push(...events.flatMap((event) => this.#wanted(event)));
    return events;
  }

  /** What the precondition of its workflow says, of states as they are now. */
  #precondition(command: string, data: object, by: Actor): unknown {
    // There are no accounts here: whoever is asked about has left.
    if (command === CloseIfGone.type) return true;
    const workflow = whileInDebt.find((each) => each.command.type === command);
    const states = Object.entries(workflow?.reads ?? {}).map(([name, { decider, stream }]) => [
      name,
      this.#states.get(stream(data, by))?.state ?? decider.initial,
    ]);
    return workflow?.precondition(Object.fromEntries(states), data, { now: NOW, actor: by });
  }

  #wanted(event: RecordedEvent): readonly Sent[] {
    const wanted = wallets.reactions
      .filter(({ events }) => events.some(({ type }) => type === event.type))
      .flatMap((reaction): readonly Intent[] => reaction.on(event, [event]));
    return wanted.map(({ command }) => ({ command, by: systemActor('reaction') }));
  }

  /** Gives an event a place in the history, as the store would. */
  record(event: NewEvent, stream: string, revision: number, command: string): RecordedEvent {
    const id = String(this.history.length + 1);
    const placed = recorded(
      event,
      { eventId: id, stream, revision, position: BigInt(id) },
      { actor: 'ann', roles: [], command, commandId: id, correlationId: id, causationId: id },
    );
    // What the store could not take would be a command that fails for ever.
    this.registry.encode(placed);
    this.history.push(placed);
    return placed;
  }
}
