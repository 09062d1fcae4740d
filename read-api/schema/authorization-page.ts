import type { Role } from '#domain/kernel/actor.ts';
import type { CommandDeclaration } from '#domain/kernel/message.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import type { Who, Whose } from '../authorization/who.ts';
import { nodeQueries } from '../node.ts';
import type { Operations } from '../operation.ts';

// Who may do what, as it is declared beside each command, query and feed; a test asks every one of them as everybody.

const HEAD = `# Who may do what, and on whose things

Written by \`npm run schema\` from what is declared beside each command (\`from\`) and each query, feed and field (\`who\`, \`whose\`).
\`test/scenarios/authorization.test.ts\` asks every one of them, by REST and by GraphQL, as nobody and as each role, about one's own things and about
others', and expects what stands here. Who sees a marked field of what is shown: [secrets](secrets.md).

## Commands

By REST and as a mutation alike. Whoever has none of the roles gets \`forbidden\`, whoever has not signed in \`unauthenticated\`. *One's own*: the stream that decides
is that of whoever asks, so nothing of others can be named. *Stepped up*: whoever has not proven just before that it is they (\`acr\` of the token) gets \`step_up_required\`. The last column has what else is refused for who asks, whatever their role.

| command | roles | on whose | refused for who asks |
|---|---|---|---|
`;
const READING = `
## Queries, feeds and fields

*Own*: of others' things one gets \`forbidden\` where they are asked for by a person, and null where by an id; beside it the roles to whom anybody's are shown.

| operation | kind | who may ask | whose things |
|---|---|---|---|
`;

const SOMEBODY = 'somebody-in-particular';

/** Whether the stream that decides is one of whoever asks. */
export function isOwn(command: CommandDeclaration): boolean {
  const data = Object.fromEntries(Object.keys(command.schema.shape).map((name) => [name, 'x']));
  return command.streamOf(data, { id: SOMEBODY, roles: [], reputation: 0 }).includes(SOMEBODY);
}

/** Codes by which a seller is told that it is another's. */
const NOT_YOURS: readonly string[] = ['not_your_lot', 'not_your_auction'];

/** Whether the stream tells whose it is, and sellers have it of their own. */
export const isSellersOwn = ({ from, rejections }: CommandDeclaration): boolean =>
  typeof from !== 'string' &&
  from.includes('seller') &&
  rejections.some(({ code }) => NOT_YOURS.includes(code));

function onWhose(command: CommandDeclaration): string {
  if (isOwn(command)) return 'one’s own';
  return isSellersOwn(command) ? 'one’s own, as staff anybody’s' : 'anybody’s';
}

const said = (roles: readonly Role[]): string => roles.join(', ');
const FORBIDDEN = 403;

const commandRow = (command: CommandDeclaration): string => {
  const refused = command.rejections.filter(({ status }) => status === FORBIDDEN);
  const codes = refused.map(({ code }) => `\`${code}\``).join(', ');
  const roles = command.from === 'internal' ? '' : asks(command.from);
  const how = command.stepUp ? '; stepped up' : '';
  return `| \`${command.type}\` | ${roles}${how} | ${onWhose(command)} | ${codes} |`;
};

const asks = (who: Who): string => {
  if (who === 'anyone') return 'anyone';
  return who === 'member' ? 'everyone who has signed in' : said(who);
};

function tells(whose: Whose): string {
  if (whose === 'anybody') return 'anybody’s';
  const { and, besides } = whose;
  return [
    'own',
    ...(and.length === 0 ? [] : [`of anybody for ${said(and)}`]),
    ...(besides === undefined ? [] : [`${besides} of anybody for everybody`]),
  ].join('; ');
}

/** The page for people: a row for each command and each operation, in the order in which they are declared. */
export function authorizationPage(
  registry: Pick<Registry, 'commands'>,
  contexts: readonly Operations[],
): string {
  const commands = [...registry.commands.values()].filter(({ command }) => command.from !== 'internal');
  const nodes = nodeQueries(contexts.flatMap(({ nodes }) => nodes));
  const operations = [
    ...Object.entries(nodes),
    ...contexts.flatMap(({ queries, subscriptions, fields }) =>
      [queries, subscriptions, fields].flatMap((some) => Object.entries(some)),
    ),
  ];
  const rows = operations.map(([name, operation]) => {
    const full = operation.kind === 'field' ? `${operation.of}.${name}` : name;
    const kind = operation.kind === 'subscription' ? 'feed' : operation.kind;
    return `| \`${full}\` | ${kind} | ${asks(operation.who)} | ${tells(operation.whose)} |`;
  });
  return `${HEAD}${commands.map(({ command }) => commandRow(command)).join('\n')}\n${READING}${rows.join('\n')}\n`;
}
