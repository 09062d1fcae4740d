import { memoryBus } from '#engines/bus/memory/bus.ts';
import { systemClock } from '#engines/clock/system.ts';
import { busCommandsContract } from './bus-commands.suite.ts';

busCommandsContract({ engine: 'memory', open: async () => memoryBus({ clock: systemClock() }) });
