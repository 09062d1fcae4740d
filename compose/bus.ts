import { type Config, UnusableError } from '#config';
import type { Bus } from '#domain/kernel/ports/bus.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { Sealing } from '#domain/kernel/ports/sealing.ts';
import { memoryBus } from '#engines/bus/memory/bus.ts';
import { joseSealing, temporarySealing } from '#engines/sealing.ts';
import { serviceKeyOf } from './service-key.ts';

/** What carries integration events and commands, and keeps what we write there for ourselves. */
export interface BusEngine {
  readonly bus: Bus;
  readonly sealing: Sealing;
}

/** Under this name the key is derived that seals commands which wait. */
const SEALING = 'commands that wait';

/**
 * Opens the bus that the settings name.
 *
 * @param clock of the machine
 * @throws UnusableError, DamagedFileError for the secret that keys are derived from
 */
export async function openBus(
  config: Pick<Config, 'bus' | 'service' | 'dataDir'>,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<BusEngine> {
  // What waits in memory ends with the process, and so does its key.
  if (config.bus.engine === 'memory') return { bus: memoryBus({ clock, log }), sealing: temporarySealing() };
  const sealing = joseSealing((await serviceKeyOf(config)).keyFor(SEALING));
  void sealing;
  throw new UnusableError('DATA_DIR', 'kafka is not here yet');
}
