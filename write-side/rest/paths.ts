import type { CommandDeclaration } from '#domain/kernel/message.ts';
import type { Context, Registry } from '#domain/kernel/registry.ts';

export interface CommandPath {
  /** `/commands/auctions/place-bid` */
  readonly path: string;
  readonly context: Context;
  readonly command: CommandDeclaration;
}

const kebab = (name: string): string => name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();

/**
 * Every command that may be sent from outside, with its path; those of reactions and sagas have none.
 * @throws when two commands would share a path.
 */
export function commandPaths(registry: Registry): readonly CommandPath[] {
  const paths = [...registry.commands.values()]
    .filter(({ command }) => command.from !== 'internal')
    .map(({ context, command }) => ({
      path: `/commands/${context.name}/${kebab(command.type)}`,
      context,
      command,
    }));
  const taken = new Set<string>();
  for (const { path } of paths) {
    if (taken.has(path)) throw new TypeError(`two commands share ${path}`);
    taken.add(path);
  }
  return paths;
}

/** Where the payment provider delivers its notices. */
export const PAYMENT_NOTICES = '/webhooks/payments';
