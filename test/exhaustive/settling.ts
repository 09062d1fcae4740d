import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import type { Walk } from './chains.ts';
import type { SagaInstance } from './instances.ts';
import { type Scene, toldReply } from './scene.ts';
import type { Seen, Sight } from './sights.ts';
import { type Lane, type Net, replaced, type State } from './state.ts';
import type { Asked, Stream } from './streams.ts';

/** What a state comes to by itself, and what that adds to the history. */
export interface Settled {
  readonly state: State;
  readonly adds: readonly RecordedEvent[];
  readonly says: readonly string[];
}

/** Something that a saga takes. `sure`: a crash before it is recorded changes nothing, because it comes again. */
export interface Taking {
  readonly to: State;
  readonly adds: readonly RecordedEvent[];
  readonly what: string;
  readonly sure: boolean;
}

/** What nobody has to be waited for: the ends of walks, the way of the nets, and what sagas take. */
export class Settling {
  readonly #scene: Scene;
  readonly #events = new Map<SagaInstance, Map<Stream, Sight | undefined>>();

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /**
   * Where a state comes to by itself: walks that have ended are over, lanes pass on. Reduced, whoever asks what is
   * answered already hears it, and sagas take what is there for them: all that concerns nobody else. More than one where a
   * saga may take one thing before another. @throws Unread
   */
  settled(
    state: State,
    adds: readonly RecordedEvent[] = [],
    says: readonly string[] = [],
  ): readonly Settled[] {
    const { reduced } = this.#scene.options;
    const lanes = state.lanes.map((lane) => (lane.roots.length === 0 ? lane : this.#forward(state, lane)));
    const walks = this.#walking(state, lanes);
    const settled = { ...state, walks, lanes };
    if (!reduced) return [{ state: settled, adds, says }];
    for (const at of state.instances.keys()) {
      const inputs = this.inputs(settled, at).filter(({ sure }) => sure);
      if (inputs.length > 0)
        return inputs.flatMap((input) =>
          this.settled(input.to, [...adds, ...input.adds], [...says, input.what]),
        );
    }
    return [{ state: settled, adds, says }];
  }

  /** The walks that still have something to send. Where the net has come to the same event, one of the two is enough. */
  #walking(state: State, lanes: readonly Lane[]): readonly Walk[] {
    if (state.walks.length === 0) return state.walks;
    const { reduced } = this.#scene.options;
    const walks = state.walks
      .map((walk) => (reduced ? this.#caughtUp(state, walk) : walk))
      .filter(({ next }) => next !== undefined)
      .filter(
        (walk) =>
          !reduced || !lanes.some((lane) => lane.walk?.root === walk.root && lane.walk.next === walk.next),
      );
    return walks.toSorted((one, other) => one.id - other.id);
  }

  /** The walk behind every command whose answer is recorded. */
  #caughtUp(state: State, from: Walk): Walk {
    let walk = from;
    while (walk.next !== undefined) {
      const answer = this.remembered(state, walk.next);
      if (answer === undefined) return walk;
      walk = this.#scene.options.chains.goOn(walk, answer);
    }
    return walk;
  }

  #forward(state: State, lane: Lane): Lane {
    const { net } = lane;
    const { chains, reduced } = this.#scene.options;
    let { roots, passed, walk } = lane;
    for (let root = roots[passed]; root !== undefined; root = roots[passed]) {
      walk ??= chains.begin(root, net.on);
      if (reduced) walk = this.#caughtUp(state, walk);
      if (walk.next !== undefined) break;
      if (walk.way === net.on) walk = chains.begin(root, net.passed);
      else [passed, walk] = [passed + 1, undefined];
    }
    // What would change nothing if it were met again may as well stand behind the checkpoint.
    if (reduced)
      while (passed > 0 && roots[0] !== undefined && this.#isDoneFor(state, net, roots[0]))
        [roots, passed] = [roots.slice(1), passed - 1];
    const isSame = roots === lane.roots && passed === lane.passed && walk === lane.walk;
    return isSame ? lane : { net, roots, passed, walk };
  }

  /** Whether every command of an event's chains is recorded, so that following it again sends nothing that is decided. */
  #isDoneFor(state: State, { on, passed }: Net, root: Sight): boolean {
    const { chains } = this.#scene.options;
    return this.isDone(state, chains.begin(root, on)) && this.isDone(state, chains.begin(root, passed));
  }

  isDone(state: State, walk: Walk): boolean {
    return this.#caughtUp(state, walk).next === undefined;
  }

  remembered(state: State, asked: Asked): Seen | undefined {
    return this.#scene.options.streams.remembered(
      this.#scene.at(state, this.#scene.slotOf(asked.ready.stream)),
      asked,
    );
  }

  /** What an instance may take next: the answer in hand, an event, a timer that is due. */
  inputs(state: State, at: number): readonly Taking[] {
    const instance = state.instances[at];
    if (instance === undefined) return [];
    const { sagas } = this.#scene.options;
    const found: Taking[] = [];
    const take = (
      after: SagaInstance | undefined,
      what: string,
      inHand: State['inHand'],
      sure: boolean,
    ): void => {
      if (after === undefined) return;
      const to = { ...state, inHand, instances: replaced(state.instances, at, after) };
      const adds = after.step === undefined ? [] : [after.step];
      found.push({ to, adds, sure, what: `the saga ${instance.saga.name} takes ${what}` });
    };
    const answer = state.inHand[at];
    if (answer !== undefined && instance.sends !== undefined) {
      // Lost in a crash, it would be asked for again: what is recorded is then answered in the same way.
      const sure = this.remembered(state, instance.sends.asked) !== undefined;
      const inHand = replaced(state.inHand, at, undefined);
      take(sagas.takeAnswer(instance, answer), `its answer (${toldReply(answer)})`, inHand, sure);
    }
    const met = this.#nextEvent(instance, this.#scene.at(state, this.#scene.auction));
    if (met !== undefined) take(sagas.takeEvent(instance, met), met.event.type, state.inHand, true);
    if (this.isDue(state, instance))
      take(sagas.takeTimer(instance), `its timer ${instance.timer?.name}`, state.inHand, true);
    return found;
  }

  /** The first event of the auction that means something to an instance. */
  #nextEvent(instance: SagaInstance, auction: Stream): Sight | undefined {
    const ofInstance = this.#events.get(instance) ?? new Map<Stream, Sight | undefined>();
    this.#events.set(instance, ofInstance);
    if (ofInstance.has(auction)) return ofInstance.get(auction);
    const { sagas, sights } = this.#scene.options;
    const met = auction.events
      .filter(({ type }) => instance.saga.events.some((declared) => declared.type === type))
      .map((event) => sights.of(event))
      .find((sight) => sagas.takeEvent(instance, sight) !== undefined);
    ofInstance.set(auction, met);
    return met;
  }

  isDue({ timeIsUp }: State, { timer }: SagaInstance): boolean {
    return timeIsUp && timer !== undefined;
  }
}
