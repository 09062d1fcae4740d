import { memoryBus } from '#engines/bus/memory/bus.ts';
import { systemClock } from '#engines/clock/system.ts';
import { publishingContract } from './publishing.suite.ts';

publishingContract({ engine: 'memory', open: async () => memoryBus({ clock: systemClock() }) });
