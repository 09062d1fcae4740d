import { type MongoClient, MongoServerSelectionError } from 'mongodb';

/** Hosts of which it is remembered what was found there. */
const MOST_HOSTS = 20;
/** Nobody was met, so that it is no matter in which language they would have been spoken to. */
const NOBODY_THERE = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/;

/**
 * Says why no server was found. The driver tells of a time that has passed, and forgets servers that are of another set: what its looks at
 * each host have met is kept here.
 */
export function reasonsOf(client: MongoClient): (error: Error) => string {
  const met = new Map<string, string>();
  const { replicaSet, tls } = client.options;
  const tell = (host: string, what: string): void => {
    if (met.has(host) || met.size < MOST_HOSTS) met.set(host, what);
  };

  client.on('serverHeartbeatSucceeded', ({ connectionId, reply }) => {
    const { setName } = reply as { readonly setName?: unknown };
    if (!replicaSet || setName === replicaSet) met.delete(connectionId);
    else if (typeof setName !== 'string') tell(connectionId, `it is of no replica set, not of ${replicaSet}`);
    else tell(connectionId, `its replica set is ${setName}, not ${replicaSet}`);
  });
  client.on('serverHeartbeatFailed', ({ connectionId, failure: { message } }) => {
    const how = NOBODY_THERE.test(message) ? '' : `, spoken to ${tls ? 'over' : 'without'} TLS`;
    tell(connectionId, `${message}${how}`);
  });

  return (error) => {
    const { message } = error;
    if (!(error instanceof MongoServerSelectionError)) return message;
    const hosts = [...met]
      .filter(([, what]) => !message.includes(what))
      .map(([host, what]) => `${host}: ${what}`);
    return [message, ...hosts].join('; ');
  };
}
