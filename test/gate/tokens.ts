import { everyNode, type Node, nameOf, parse, type Tree } from './tree.ts';

// Who looks at a token, and who reads a body that comes with one: a token may end while its sender takes their time over the body, so one piece
// does both, in that order.

const PIECE = 'write-side/rest/asked-by-token.ts';

/** Files beside that piece which ask whom a token stands for, and why. */
const ASKING: Readonly<Record<string, string>> = {
  'compose/read-api.ts': 'GraphQL asks behind the body, for each operation, and on a socket again and again',
};
/** What reads the body of a request. */
const READERS: readonly string[] = ['write-side/rest/body.ts', 'write-side/accounts/pages/intake.ts'];

/** `authenticate(…)` or `parts.authenticate(…)`. */
function asks({ type, callee }: Node): boolean {
  if (type !== 'CallExpression') return false;
  const { type: form, property } = callee as Node;
  return nameOf(form === 'MemberExpression' ? property : callee) === 'authenticate';
}

const isAsking = (path: string, text: string): boolean => everyNode(parse(path, text).program).some(asks);

/**
 * Routes that would let somebody do something by a token that has ended meanwhile, as sentences.
 *
 * @param imports of each file, as paths
 */
export function staleTokens(tree: Tree, imports: ReadonlyMap<string, readonly string[]>): readonly string[] {
  return [...tree].flatMap(([path, text]) => {
    if (!/^(write-side|compose)\//.test(path) || path === PIECE) return [];
    const to = imports.get(path) ?? [];
    const reads = READERS.filter((reader) => to.includes(reader));
    return [
      ...(isAsking(path, text) && ASKING[path] === undefined
        ? [`${path} asks itself whom a token stands for: take askedByToken of ${PIECE}`]
        : []),
      ...(to.includes(PIECE) && reads.length > 0
        ? [
            `${path} reads bodies by ${reads.join(', ')}, behind which nobody looks at the token: take withBody`,
          ]
        : []),
    ];
  });
}

/** Exceptions that no file makes use of. */
export const idleAsking = (tree: Tree): readonly string[] =>
  Object.keys(ASKING)
    .filter((path) => !isAsking(path, tree.get(path) ?? ''))
    .map((path) => `${path} asks nothing of tokens: ASKING need not name it`);
