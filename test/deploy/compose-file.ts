import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

// The compose file as its services are meant: merged, and with its variables replaced.

const Service = z.looseObject({
  profiles: z.array(z.string()),
  image: z.string(),
  build: z.looseObject({ dockerfile: z.string() }).optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  healthcheck: z.looseObject({ test: z.array(z.string()).min(2) }),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
});
export type Service = z.output<typeof Service>;
const ComposeFile = z.looseObject({ services: z.record(z.string(), Service) });

const VARIABLE = /\$(?:\$|\{(?<name>[A-Z_]+)(?::-(?<otherwise>[^}]*))?\})/g;

/** As compose reads a value: `${NAME:-otherwise}` is replaced, `$$` is a `$`. */
export const interpolated = (text: string, given: Readonly<Record<string, string>> = {}): string =>
  text.replace(VARIABLE, (_whole, name: string | undefined, otherwise: string | undefined) =>
    name === undefined ? '$' : given[name] || (otherwise ?? ''),
  );

/** Every service by its name. */
export function servicesOf(path: string): ReadonlyMap<string, Service> {
  const text = readFileSync(path, 'utf8');
  return new Map(Object.entries(ComposeFile.parse(parse(text, { merge: true })).services));
}

/** What a service finds in its environment, where `given` is set outside. */
export const environmentOf = (
  { environment }: Service,
  given: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(environment).map(([name, text]) => [name, interpolated(text, given)]));

/** The roles that a command line names. */
export const rolesIn = ({ command = [] }: Service): readonly string[] =>
  command.flatMap((argument, at) => (command[at - 1] === '--role' ? argument.split(',') : []));
