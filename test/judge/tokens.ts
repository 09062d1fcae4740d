/** The position in a token, read by the judge's own hand; undefined where there is no token, or it is of another history. */
export function positionIn(epoch: string, token: string): bigint | undefined {
  const [, position, history] = /^(\d+)@(.+)$/.exec(Buffer.from(token, 'base64url').toString()) ?? [];
  return position === undefined || history !== epoch ? undefined : BigInt(position);
}
