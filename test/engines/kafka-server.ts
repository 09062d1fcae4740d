import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '#bench/free-port.ts';
import { type OwnProcess, ownProcess } from '#bench/own-process.ts';

/** Of a start that has to fetch the broker first, in milliseconds, and of the broker alone, in seconds: machine and network may be slow. */
const START_MS = 1_200_000;
const ANSWERS_S = 180;
/** Whom the broker lets in by a password. */
export const KNOWN = { username: 'annals', password: 'only-for-this-test' } as const;
/** Above the port of the broker: its controller, as the script has it, and other ways in. */
const ABOVE = { byPassword: 50, behindProxy: 51, proxy: 52, overTls: 53, controller: 100 } as const;
const tls = join(import.meta.dirname, '../fixtures/tls');
/** Who vouches for the broker, and a certificate that it takes for a client's: its own. */
export const TLS = { authority: join(tls, 'authority.pem'), certificate: join(tls, 'server.pem') } as const;

/** A port by a password, one that says of itself that it is where a proxy may stand, and one by a certificate. */
const listening = (port: number): string => {
  const at = (name: string, above: number) => `${name}://127.0.0.1:${port + above}`;
  const plain = at('PLAINTEXT', 0);
  const guarded = `${at('PASSWORD', ABOVE.byPassword)},${at('SECURE', ABOVE.overTls)}`;
  return [
    `listeners=${plain},${guarded},${at('PROXIED', ABOVE.behindProxy)},${at('CONTROLLER', ABOVE.controller)}`,
    `advertised.listeners=${plain},${guarded},${at('PROXIED', ABOVE.proxy)}`,
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PASSWORD:SASL_PLAINTEXT,SECURE:SSL,PROXIED:PLAINTEXT',
    'sasl.enabled.mechanisms=SCRAM-SHA-512',
    'listener.name.password.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;',
    'ssl.client.auth=required',
    ...Object.entries({ keystore: TLS.certificate, truststore: TLS.authority }).flatMap(([store, file]) => [
      `ssl.${store}.type=PEM`,
      `ssl.${store}.location=${file}`,
    ]),
  ].join('\n');
};

/** A broker of our own, which may be killed and paused. */
export interface OwnKafka extends OwnProcess {
  /** `host:port`, and as a setting has it. */
  readonly broker: string;
  readonly url: string;
  /** The same broker, which asks there for a password. */
  readonly byPassword: string;
  /** The same broker, which asks there for a certificate that {@link TLS} vouches for. */
  readonly overTls: string;
  /** Where a proxy may listen, and where it finds the broker. */
  readonly proxy: { readonly port: number; readonly behind: number };
}

/** Settings of a broker that asks who may do what; whoever comes without a password may do everything. */
export const AUTHORIZING = [
  'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users=User:ANONYMOUS',
  'allow.everyone.if.no.acl.found=true',
].join('\n');

/** @param settings more of the broker's own, one a line @throws Error with the reason for which this machine cannot start one */
export async function ownKafka(settings = ''): Promise<OwnKafka> {
  const port = await freePort(Object.values(ABOVE));
  const data = await mkdtemp(join(tmpdir(), 'annals-kafka-'));
  const environment = {
    KAFKA_PORT: String(port),
    KAFKA_NODES: '1',
    KAFKA_WAIT_S: String(ANSWERS_S),
    KAFKA_DATA: data,
    KAFKA_SET: `${listening(port)}\n${settings}`,
    KAFKA_FORMAT: `--add-scram SCRAM-SHA-512=[name=${KNOWN.username},password=${KNOWN.password}]`,
  };
  const server = await ownProcess({
    ...{ script: 'kafka.sh', data, pidFiles: [join('node-1', 'pid')], environment },
    startMs: START_MS,
  });
  return {
    ...server,
    broker: `127.0.0.1:${port}`,
    url: `kafka://127.0.0.1:${port}`,
    byPassword: `127.0.0.1:${port + ABOVE.byPassword}`,
    overTls: `127.0.0.1:${port + ABOVE.overTls}`,
    proxy: { port: port + ABOVE.proxy, behind: port + ABOVE.behindProxy },
  };
}
