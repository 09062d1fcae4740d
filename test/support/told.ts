/** A reply or rejection as text. */
export const told = (reply: object): string =>
  JSON.stringify(reply, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
