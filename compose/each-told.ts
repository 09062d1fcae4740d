import { ConfigError, UnusableError } from '#config';

const problemsIn = (error: unknown): readonly (ConfigError | UnusableError)[] =>
  error instanceof ConfigError || error instanceof UnusableError ? [error] : [];
const linesOf = (error: ConfigError | UnusableError): readonly string[] =>
  error instanceof ConfigError ? error.problems : [error.message];

/**
 * All of them, or every setting at once that one of them cannot use: nobody should meet them one start at a time.
 *
 * @throws UnusableError; ConfigError for several; what else the first has failed with where no setting is to blame
 */
export async function eachTold<T extends readonly unknown[]>(
  all: { readonly [K in keyof T]: Promise<T[K]> },
): Promise<T> {
  const settled = await Promise.allSettled(all);
  const failed = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  if (failed.length === 0) return Promise.all(all) as Promise<unknown> as Promise<T>;
  const settings = failed.flatMap(problemsIn);
  if (settings.length > 1) throw new ConfigError(settings.flatMap(linesOf));
  throw settings[0] ?? failed[0];
}
