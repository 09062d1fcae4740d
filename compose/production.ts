import type { Config } from '#config';

interface Convenience {
  /** What development has. */
  readonly what: string;
  /** What production has instead. */
  readonly instead: string;
}

/**
 * Everything that development offers and production turns off, and nothing else does: whoever adds a convenience adds it
 * here, and a test asks a process in production for each.
 */
export const conveniences = {
  tokens: {
    what: 'POST /dev/tokens makes anybody anyone',
    instead: 'DEV_TOKENS is refused; tokens come from whoever holds the key in TOKEN_KEY_FILE',
  },
  clock: {
    what: 'a simulated clock that anybody may move',
    instead: 'CLOCK=simulated is refused',
  },
  demo: {
    what: '--demo plays auctions of its own',
    instead: 'it is refused',
  },
  keys: {
    what: 'a signing key, what wraps the keys of people, and a secret for webhooks are made up',
    instead: 'TOKEN_KEY_FILE, MASTER_KEY_FILE and WEBHOOK_SECRET have to be given',
  },
  address: {
    what: 'the address that people are sent to is the one that is listened on',
    instead: 'PUBLIC_URL has to be given',
  },
  payments: {
    what: 'a simulated payment provider, whose page confirms whatever is asked',
    instead: 'it is refused, unless SIMULATED names payments',
  },
  mail: {
    what: 'mails go nowhere: they are kept in an outbox',
    instead: 'MAIL has to name a server, unless SIMULATED names mail',
  },
  outbox: {
    what: 'GET /dev/outbox shows everybody the mails that were kept',
    instead: 'nothing',
  },
  notices: {
    what: 'POST /dev/payments/<paymentId> lets the simulated provider say anything of a payment',
    instead: 'nothing',
  },
  graphiql: {
    what: 'GraphiQL at /graphql in a browser',
    instead: 'nothing',
  },
  introspection: {
    what: 'the schema of GraphQL is told to anybody, and typing errors are answered with suggestions from it',
    instead: 'it is told to nobody, and nothing is suggested',
  },
  documentation: {
    what: '/, /docs, /openapi.json and /asyncapi.json on the public port',
    instead: 'the port of the operator has them',
  },
  metrics: {
    what: '/metrics on the public port',
    instead: 'the port of the operator has them',
  },
  health: {
    what: '/health/ready on the public port names each component and what is wrong with it',
    instead: 'it says whether, and the port of the operator says why',
  },
} as const satisfies Readonly<Record<string, Convenience>>;

/** Which of them this process has. What is refused at the start never comes to this question. */
export function offered({
  production,
}: Pick<Config, 'production'>): Readonly<Record<keyof typeof conveniences, boolean>> {
  const names = Object.keys(conveniences) as (keyof typeof conveniences)[];
  return Object.fromEntries(names.map((name) => [name, !production])) as Record<
    keyof typeof conveniences,
    boolean
  >;
}
