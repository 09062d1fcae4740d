import type { BusAt, Config } from '#config';
import type { Bus } from '#domain/kernel/ports/bus.ts';
import type { Clock, NewId } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { Sealing } from '#domain/kernel/ports/sealing.ts';
import { memoryBus } from '#engines/bus/memory/bus.ts';
import { joseSealing, temporarySealing } from '#engines/sealing.ts';
import { claimAgain, claimTopics } from '#runtime/topic-claim.ts';
import { accessOf } from './access.ts';
import { serviceKeyOf } from './service-key.ts';

/** What carries integration events and commands, and keeps what we write there for ourselves. */
export interface BusEngine {
  readonly bus: Bus;
  readonly sealing: Sealing;
  /**
   * What the topics are known by that this history has on this bus; undefined: they end with this process. Asked again it looks again.
   * @throws BusError: `refused` where they are another history's
   */
  readonly claim: (epoch: string) => Promise<string | undefined>;
  /** The same, for whoever asks often: nothing is written where it stands. */
  readonly claimAgain: (epoch: string, signal: AbortSignal) => Promise<string | undefined>;
}

interface Beside {
  /** Of the machine. */
  readonly clock: Clock;
  readonly log: Log;
  readonly newId: NewId;
}

/** Under this name the key is derived that seals commands which wait. */
const SEALING = 'commands that wait';

/** @throws UnusableError for a file that lets us in */
async function openKafka(at: Extract<BusAt, { engine: 'kafka' }>, beside: Beside): Promise<Bus> {
  const { credentials, authority, certificate } = await accessOf('BUS', at.files);
  const { brokers, address, prefix, tls } = at;
  // Loaded where it is wanted: its driver takes memory and time of every start.
  const { kafkaBus } = await import('#engines/bus/kafka/bus.ts');
  const access = { credentials, authority: authority?.text, certificate: certificate?.text };
  return kafkaBus({ ...{ brokers, address, prefix, tls }, ...access, ...beside });
}

/**
 * Opens the bus that the settings name; it need not be there yet.
 *
 * @throws UnusableError for a file that lets us in; the same and DamagedFileError for the secret that keys are derived from
 */
export async function openBus(
  config: Pick<Config, 'bus' | 'service' | 'dataDir'>,
  beside: Beside,
): Promise<BusEngine> {
  // What waits in memory ends with the process, and so does its key.
  if (config.bus.engine === 'memory')
    return {
      ...{ bus: memoryBus(beside), sealing: temporarySealing() },
      claim: async () => undefined,
      claimAgain: async () => undefined,
    };
  const sealing = joseSealing((await serviceKeyOf(config)).keyFor(SEALING));
  const bus = await openKafka(config.bus, beside);
  const { prefix } = config.bus;
  const { clock, newId } = beside;
  const claiming = (epoch: string) => ({ bus, prefix, epoch, newId, clock });
  return {
    ...{ bus, sealing },
    claim: (epoch) => claimTopics(claiming(epoch)),
    claimAgain: (epoch, signal) => claimAgain({ ...claiming(epoch), signal }),
  };
}
