import type { JsonObject } from '#domain/kernel/canonical.ts';
import { messageSchemas } from '#domain/kernel/json-schema.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { commandPaths } from '../paths.ts';
import { acceptedSchemas, commandName, eventSchemas, rejectionSchemas } from './answers.ts';
import { toComponent, withoutItself } from './json.ts';
import { type Requests, requestsOver } from './requests.ts';

type Components = readonly (readonly [name: string, component: JsonObject])[];

/**
 * What commands say and what they are answered with, by name, whichever way they take in: every command that may be sent from outside, every
 * event as everybody may see it, every no.
 *
 * @param beside what the same document describes besides
 */
export function messageComponents(
  registry: Registry,
  beside: (requests: Requests) => Components = () => [],
): Readonly<Record<string, JsonObject>> {
  const schemas = messageSchemas(registry);
  const requests = requestsOver(schemas.$defs);
  const commands = commandPaths(registry).map(
    ({ command: { type } }) => [commandName(type), requests.component(schemas.commands[type] ?? {})] as const,
  );
  const all = [
    ...Object.entries(schemas.$defs).map(([name, schema]) => [name, toComponent(schema)] as const),
    ...beside(requests),
    ...commands,
    ...requests.shared(),
    ...rejectionSchemas(registry),
    ...eventSchemas(registry),
    ...acceptedSchemas(registry),
  ];
  return Object.fromEntries(all.map(([name, component]) => [name, withoutItself(name, component)]));
}
