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
  const problems = troubled.map(({ name, problem }) => `${name}: ${problem ?? 'stopped'}`);
  const reasons = consumers.flatMap(({ name, parkedFor }) =>
    parkedFor === undefined ? [] : [`${name}: ${parkedFor}`],
  );
  const detail = [...problems, ...(parked === 0 ? [] : [`${parked} parked`]), ...reasons].join('; ');
  return { ready: troubled.length === 0, ...(detail === '' ? {} : { detail }) };
};

/** A jump makes nobody unready, but explains what comes early or late. */
export const healthOfClock = (jump: string | undefined): Health[string] => ({
  ready: true,
  ...(jump === undefined ? {} : { detail: jump }),
});

/** An engine or a role elsewhere, without which this process does less, and does it all the same. */
export const healthOfElsewhere = ({ address, state, lastError }: Standing): Health[string] => ({
  ready: true,
  detail: state === 'up' ? address : `${address} down: ${lastError?.message ?? 'not reached'}`,
});
