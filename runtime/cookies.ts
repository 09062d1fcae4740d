import type { IncomingMessage } from 'node:http';
import { parse } from 'cookie';

/** Each cookie of a request by its name, in the order in which the browser sent them; of two of one name the first. */
export const cookiesOf = ({
  headers: { cookie },
}: Pick<IncomingMessage, 'headers'>): ReadonlyMap<string, string> => {
  const parsed = parse(cookie ?? '');
  return new Map(Object.entries(parsed).map(([name, value]) => [name, value ?? '']));
};
