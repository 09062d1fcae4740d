import { reasonOf } from '#runtime/reason.ts';
import type { Bench, Goal, Row, Run } from '../row.ts';
import { type EngineServer, type ServerKind, serverOf } from './servers.ts';

interface OnServers<Kind extends ServerKind> {
  readonly name: string;
  /** For a row that does not run: as its bench would say it. */
  readonly what: string;
  readonly goal?: Goal;
  readonly servers: readonly Kind[];
  measure(run: Run, urls: Readonly<Record<Kind, string>>): Promise<readonly Row[]>;
}

/** A bench with servers of its own, which are there while it runs. Where there are none, it says why. */
export function onServers<Kind extends ServerKind>(options: OnServers<Kind>): Bench {
  const { name, what, goal, servers } = options;
  return {
    name,
    async measure(run) {
      const running: EngineServer[] = [];
      const urls: Partial<Record<ServerKind, string>> = {};
      try {
        for (const kind of servers) {
          const server = await serverOf(kind, run.folder).catch((error: unknown) => {
            return `${kind}: ${reasonOf(error)}`;
          });
          if (typeof server === 'string')
            return [{ ran: false, name, what, ...(goal && { goal }), why: server }];
          running.push(server);
          urls[kind] = server.url;
        }
        return await options.measure(run, urls as Record<Kind, string>);
      } finally {
        for (const server of running) await server.end();
      }
    },
  };
}
