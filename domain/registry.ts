import { registryOf } from './kernel/registry.ts';

/** Every context's messages. A context joins the platform by being listed here. */
export const registry = registryOf([]);
