import type { ConsumerStatus } from '#domain/kernel/ports/consumer.ts';
import type { Standing } from '#domain/kernel/ports/standing.ts';
import type { Health } from './http.ts';

/**
 * A consumer that has stopped by itself or tries in vain needs somebody; one that catches up needs time. Parked keys need somebody, too,
 * and are told of, but all others go on: whoever takes the process out of use for them stops those as well.
 */
export const healthOf = (consumers: readonly ConsumerStatus[]): Health[string] => {
  const troubled = consumers.filter(
    ({ state, problem }) => state === 'stopped' || state === 'newer-event' || problem !== undefined,
  );
  const parked = consumers.reduce((sum, { parkedKeys }) => sum + parkedKeys, 0);
  // One engine that is away is the trouble of all who wait for it: it is told once, with their names.
  const byProblem = Map.groupBy(troubled, ({ problem = 'stopped' }) => problem);
  const problems = [...byProblem].map(
    ([problem, all]) => `${all.map(({ name }) => name).join(', ')}: ${problem}`,
  );
  const reasons = consumers.flatMap(({ name, parkedFor }) =>
    parkedFor === undefined ? [] : [`${name}: ${parkedFor}`],
  );
  const detail = [...problems, ...(parked === 0 ? [] : [`${parked} parked`]), ...reasons].join('; ');
  return { ready: troubled.length === 0, ...(detail === '' ? {} : { detail }) };
};

/** An engine by the name of its port. */
export interface NamedEngine {
  readonly name: 'event-store' | 'read-store' | 'person-keys' | 'bus' | 'mail' | 'sign-ins';
  standing(): Standing;
}

/** Where it is, and what it failed with last: also when it answers again, because that explains what came late. */
export function healthOfEngine({ address, state, lastError }: Standing): Health[string] {
  const since = state === 'up' ? 'up again, failed' : 'down since it failed';
  const told = lastError === undefined ? [] : [`${since} at ${lastError.at}: ${lastError.message}`];
  return { ready: state === 'up', detail: [address, ...told].join('; ') };
}

/** Each by its name. */
export const healthOfEngines = (engines: readonly NamedEngine[]): Health =>
  Object.fromEntries(
    engines.map(({ name, standing }) => [
      name,
      // Whatever people do goes on without mails, which wait meanwhile.
      name === 'mail' ? healthOfElsewhere(standing()) : healthOfEngine(standing()),
    ]),
  );

/** A jump makes nobody unready, but explains what comes early or late. */
export const healthOfClock = (jump: string | undefined): Health[string] => ({
  ready: true,
  ...(jump === undefined ? {} : { detail: jump }),
});

/** A role elsewhere without which this process does less, and does that all the same: whoever can still be read from stays in use. */
export const healthOfElsewhere = (standing: Standing): Health[string] => ({
  ...healthOfEngine(standing),
  spared: true,
});

/** One way in of several: where it is closed, whoever comes by the others is served all the same. */
export const healthOfWay = (problem: string | undefined): Health[string] => ({
  ready: true,
  ...(problem === undefined ? {} : { detail: problem }),
});

/** Without these nobody is served: commands and questions alike stand on the history. */
const NEEDED_TO_SERVE: readonly string[] = ['write-side', 'event-store'];

/**
 * The health of a process that serves people beside others that do the rest. Whoever took it out of use because the read models, the bus,
 * or what works behind people's backs has trouble, would end commands and feeds that go on without them.
 */
export const healthOfServer = (health: Health): Health =>
  Object.fromEntries(
    Object.entries(health).map(([name, component]) => [
      name,
      NEEDED_TO_SERVE.includes(name) ? component : { ...component, spared: true },
    ]),
  );
