// What a context shows to others, and who may look at more than one.

/** Rooms whose files belong to a context by their folder: `<room>/<context>/…`. */
const ROOMS = new Set(['projections', 'sagas', 'read-api', 'write-side']);
/** Folders of the domain that are no context. */
const SHARED = new Set(['kernel', 'workflows', 'zod']);
/** Folders of a room that hold what serves every context. */
const NEUTRAL = new Set([
  ...[
    'runtime',
    'mails',
    'publishing',
    'authorization',
    'feeds',
    'history',
    'live',
    'operating',
    'schema',
    'transport',
  ],
  ...['identity', 'pipeline', 'rest'],
]);

/** Rules without a state, which other rooms of the same context may ask beside its messages. */
const PUBLIC_RULES = new Set([
  'domain/accounts/account/second-factor.ts',
  'domain/accounts/account/unproven.ts',
  'domain/accounts/links.ts',
  'domain/accounts/login/naming.ts',
  'domain/auctions/auction/bid-name.ts',
  'domain/auctions/fees.ts',
  'domain/auctions/ladder.ts',
  'domain/wallets/posting.ts',
  'domain/wallets/wallet/limits.ts',
]);
const isPublic = (path: string) =>
  /^domain\/[^/]+\/(ids|[^/]+\/messages)\.ts$/.test(path) || PUBLIC_RULES.has(path);

/** Files that look at a context which is not theirs, and why. */
const SPANNING: Readonly<Record<string, { readonly context: string; readonly because: string }>> = {
  'projections/auctions/bids.ts': {
    context: 'wallets',
    because: 'a bid that its wallet does not pay for is one of the bids',
  },
  'sagas/accounts/leaving.ts': {
    context: 'wallets',
    because: 'a wallet that is opened behind its owner’s leaving is closed',
  },
  'sagas/auctions/bid-funding.ts': {
    context: 'wallets',
    because: 'a bid is accepted when its money is held',
  },
  'sagas/auctions/settlement.ts': {
    context: 'wallets',
    because: 'a sale ends when its money has arrived',
  },
  'write-side/accounts/pages/leaving.ts': {
    context: 'wallets',
    because: 'whoever leaves closes their wallets there, and one that is closed already is as it should be',
  },
  'test/unit/sagas/accounts/forgetting.test.ts': {
    context: 'wallets',
    because: 'what an older history has as the money of who is forgotten is owed to them',
  },
  'test/unit/sagas/auctions/bid-funding.test.ts': {
    context: 'wallets',
    because: 'what it tests is told by a wallet that the money of a bid is held',
  },
};

/** Tests of a context's files stand under the same folders as these. */
const TESTS = 'test/unit/';
const inTests = (path: string) => path.startsWith(TESTS);

/** The context that a file belongs to by its folder; undefined: it serves all of them. */
export function contextOf(path: string): string | undefined {
  const [, listed] = /^compose\/contexts\/(?!(?:manifest|platform)\.ts$)([\w-]+)\.ts$/.exec(path) ?? [];
  if (listed !== undefined) return listed;
  const [room = '', folder = '', file] = (inTests(path) ? path.slice(TESTS.length) : path).split('/');
  if (file === undefined) return undefined;
  if (room === 'domain') return SHARED.has(folder) ? undefined : folder;
  return ROOMS.has(room) && !NEUTRAL.has(folder) ? folder : undefined;
}

/** Where the messages of a stream are long they stand in these beside `messages.ts`, which hands them on. */
const PARTS_OF_MESSAGES = /^(domain\/[^/]+\/[^/]+\/)(events|commands|rejections)\.ts$/;

/** What is wrong with handing on what is imported; undefined: nothing is. */
export function handingOnProblem(from: string, to: string): string | undefined {
  const context = contextOf(to);
  if (context === undefined || from === to.replace(PARTS_OF_MESSAGES, '$1messages.ts')) return undefined;
  return `hands on what is of ${context}, past its walls: whoever needs it imports it from there`;
}

/** What is wrong with an import that reaches into a context; undefined: nothing is. */
export function contextProblem(from: string, to: string): string | undefined {
  const [room = ''] = from.split('/');
  const context = contextOf(to);
  const own = contextOf(from);
  const isOfOne = own !== undefined && (room === 'compose' || inTests(from));
  if (context === undefined || (!ROOMS.has(room) && !isOfOne)) return undefined;
  if (ROOMS.has(room) && to.startsWith('domain/') && !isPublic(to))
    return `is the inside of ${context}: of a context others see its messages and ids, and the rules without a state that PUBLIC_RULES names in test/gate/context-walls.ts`;
  if (own === context || SPANNING[from]?.context === context) return undefined;
  return `is of the context ${context}: let that one say it by a message, or by a rule that is handed in; a file that has to span contexts is named in SPANNING in test/gate/context-walls.ts, with the reason`;
}

/** Exceptions that nobody needs any more. @param imports of each file, as paths */
export const idleExceptions = (imports: ReadonlyMap<string, readonly string[]>): readonly string[] =>
  Object.entries(SPANNING)
    .filter(([from, { context }]) => !(imports.get(from) ?? []).some((to) => contextOf(to) === context))
    .map(([from]) => `${from} spans no contexts: SPANNING need not name it`);
