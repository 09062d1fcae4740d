import { memoryBus } from '#engines/bus/memory/bus.ts';
import { systemClock } from '#engines/clock/system.ts';
import { toldTopicsContract } from './told-topics.suite.ts';

toldTopicsContract({ engine: 'memory', open: async () => memoryBus({ clock: systemClock() }) });
