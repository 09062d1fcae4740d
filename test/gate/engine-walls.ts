// Who may name an engine: nobody sees which ones a profile has chosen but whoever opens them.

/** Those that a profile chooses for the history and for what is made from it, and what looks at both of them. */
const isStoreEngine = (path: string) =>
  /^engines\/(event-store|read-store)\//.test(path) || path === 'engines/whole-history.ts';
const isEngine = (path: string) => path.startsWith('engines/');

/** There is one loop of the thread, and nothing to choose. */
const CHOSEN_BY_NOBODY = 'engines/afterwards.ts';

/** Where stores are opened, for whoever needs some. */
const STORES = 'compose/stores.ts';
/** The files of compose/ that open engines; all others are handed what these have opened. */
const OPENING = new Set([
  STORES,
  'compose/bus.ts',
  'compose/engines.ts',
  'compose/work.ts',
  'compose/person-keys.ts',
  'compose/mail.ts',
  'compose/payments.ts',
  'compose/certificates.ts',
  'compose/service.ts',
  'compose/service-key.ts',
  'compose/tokens.ts',
  'compose/provider.ts',
  'compose/access.ts',
  'compose/quotas.ts',
  'compose/door.ts',
]);

/** Files that look at the inside of a store's engine, by the beginning of their path, and why. */
const LOOKING_INSIDE: Readonly<Record<string, string>> = {
  'bench/rebuild.ts': 'whoever is compared with puts the same words into the same table',
  'bench/engines/rebuild.ts': 'whoever is compared with puts the same documents into the same collections',
  'test/contracts/': 'what one engine alone can do is tried on that one',
  'test/engines/': 'what one engine on a server alone can do is tried on that one',
  'test/unit/engines/': 'the parts of engines are tried one by one',
  'test/simulation/': 'disks of its own lie under the parts of engines',
  'test/crash/': 'plants stand in the place of parts of engines',
  'test/faults/planted-mistake.ts': 'plants stand in the place of parts of engines',
  'test/faults/slow-history.ts': 'plants stand in the place of parts of engines',
  'test/faults/lost-history.test.ts': 'each word of a refusal is tried without a start',
};
const looksInside = (from: string): boolean =>
  Object.keys(LOOKING_INSIDE).some((beginning) => from.startsWith(beginning));

/** Why a file may not import this one, with what it does instead; undefined: it may. */
export function engineProblem(from: string, to: string): string | undefined {
  if (isEngine(from) || !isEngine(to) || to === CHOSEN_BY_NOBODY) return undefined;
  if (isStoreEngine(to) && from !== STORES && !looksInside(from))
    return `${STORES} alone names the engines of stores: open them by openStores`;
  if (from.startsWith('compose/') && !OPENING.has(from))
    return `${[...OPENING].join(', ')} name engines: be handed what they have opened`;
  return undefined;
}

/** Exceptions that no file makes use of. */
export const idleLooks = (imports: ReadonlyMap<string, readonly string[]>): readonly string[] =>
  Object.keys(LOOKING_INSIDE)
    .filter(
      (beginning) =>
        ![...imports].some(([from, all]) => from.startsWith(beginning) && all.some(isStoreEngine)),
    )
    .map((beginning) => `${beginning} looks into no engine: LOOKING_INSIDE need not name it`);
