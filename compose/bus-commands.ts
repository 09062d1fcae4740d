import type { Dispatch } from '#domain/kernel/envelope.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import { prefixOf } from '#runtime/engine-address.ts';
import { type BusCommands, busCommands } from '#write-side/bus/consuming.ts';
import { commandTopics } from '#write-side/bus/topics.ts';
import type { BusEngine } from './bus.ts';
import { registry } from './contexts.ts';
import type { Engines } from './engines.ts';
import type { Surroundings } from './roles/role.ts';

interface Whereabouts extends Pick<Surroundings, 'config' | 'perPerson'> {
  readonly engines: BusEngine &
    Pick<Engines, 'tokens' | 'revocations' | 'store' | 'clock' | 'simulated' | 'machineClock' | 'newId'>;
  readonly log: Log;
}

/** Takes commands from the bus, for the pipeline of this process. */
export function commandsFromBus(
  { engines, config, log, perPerson }: Whereabouts,
  dispatch: Dispatch,
): BusCommands {
  const {
    bus,
    sealing,
    claim,
    claimAgain,
    tokens,
    revocations,
    store,
    clock,
    simulated,
    machineClock,
    newId,
  } = engines;
  return busCommands({
    ...{ bus, sealing, tokens, revocations, registry, dispatch, perPerson, newId, log },
    topics: commandTopics(prefixOf(config.bus)),
    replyPrefixes: config.replyPrefixes,
    // The bus lives in real time, and a simulated business does not: its tokens end by its own clock.
    judgedAt: simulated === undefined ? (takenAt) => takenAt : () => clock.now(),
    clock: machineClock,
    epoch: store.epoch,
    claim: () => claim(store.epoch),
    claimAgain: (signal) => claimAgain(store.epoch, signal),
  });
}
