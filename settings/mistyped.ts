import { settings } from './environment.ts';

// A name that is mistyped sets nothing, and a platform with its defaults looks like one that was set up.

/** What names begin with that are ours: whatever else is called so was meant for us. */
const OURS = ['EVENT_STORE_', 'READ_STORE_', 'BUS_', 'SERVICE_', 'TOKEN_', 'OPERATIONS_', 'KEPT_', 'RATE_'];

/** Whether one letter more, one less, another one, or two that have changed places make the one of the other. */
function isOneEdit(one: string, other: string): boolean {
  const [short, long] = one.length <= other.length ? [one, other] : [other, one];
  if (long.length - short.length > 1 || short === long) return false;
  let same = 0;
  while (same < short.length && short[same] === long[same]) same += 1;
  if (short.length < long.length) return short.slice(same) === long.slice(same + 1);
  if (short.slice(same + 1) === long.slice(same + 1)) return true;
  const swapped = `${long[same + 1]}${long[same]}${long.slice(same + 2)}`;
  return short.slice(same) === swapped;
}

/** Which setting this may have been meant for. Short words that begin otherwise are words of their own. */
const meantBy = (name: string): string | undefined =>
  settings.find((setting) => setting === name) ??
  settings.find((setting) => setting[0] === name[0] && isOneEdit(setting, name));

/**
 * Names of the environment that set nothing here, and look as though they were meant to: a sentence each, with no value.
 *
 * @param environment those that are empty are not set
 */
export const mistypedIn = (environment: NodeJS.ProcessEnv): readonly string[] =>
  Object.entries(environment)
    .filter(([name, value]) => value !== undefined && value !== '' && !settings.includes(name))
    .flatMap(([name]) => {
      const meant = meantBy(name.toUpperCase());
      if (meant !== undefined) return [`${name} is no setting and changes nothing; there is ${meant}`];
      return OURS.some((beginning) => name.startsWith(beginning))
        ? [`${name} is no setting and changes nothing; docs/guides/operating.md has those that there are`]
        : [];
    });
