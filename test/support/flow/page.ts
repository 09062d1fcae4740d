import { deciders, reactions, registry, sagas, views } from '#compose/contexts.ts';
import type { Context } from '#domain/kernel/registry.ts';
import { readTree } from '#test/gate/tree.ts';
import { type Sender, sendersIn } from './senders.ts';

// The whole flow on one page, from the manifests and the source of the reactions and sagas: `docs/flow.md`.

const HEAD = `# How everything flows

Written by \`npm run schema\` from the manifests (\`compose/contexts/\`) and the source of the reactions and sagas. The README has one bid's
way. A command is decided on one stream, whose event changes views and leads to further commands; whatever may be sent is
named, also where it rarely is.

`;

const list = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');
const streamOfEvent = (type: string): string =>
  deciders.find(({ events }) => events.some((event) => event.type === type))?.category ?? '';
const streamOfCommand = (type: string): string =>
  deciders.find(({ commands }) => commands.some((command) => command.type === type))?.category ?? '';
const handling = <T extends { readonly name: string; readonly events: readonly { readonly type: string }[] }>(
  type: string,
  all: readonly T[],
): readonly string[] =>
  all.filter(({ events }) => events.some((event) => event.type === type)).map(({ name }) => name);

/** Between which streams each reaction and saga carries something. */
function picture(senders: readonly Sender[]): string {
  const edges = new Map<string, Set<string>>();
  for (const { name, events, sends } of senders)
    for (const from of events.map(streamOfEvent))
      for (const to of sends.map(streamOfCommand)) {
        const edge = `${from} -->|%| ${to}`;
        edges.set(edge, (edges.get(edge) ?? new Set()).add(name));
      }
  const lines = [...edges].map(([edge, names]) => `  ${edge.replace('%', [...names].join('<br>'))}`);
  return `\`\`\`mermaid\nflowchart LR\n${lines.toSorted().join('\n')}\n\`\`\`\n`;
}

function streamsOf({ events }: Context): string {
  const rows = events.map(({ type }) => {
    const followers = [...handling(type, reactions), ...handling(type, sagas)];
    const inside = reactions.filter(({ follows }) => follows.some((event) => event.type === type));
    const all = new Set([...followers, ...inside.map(({ name }) => name)]);
    return `| \`${streamOfEvent(type) || 'saga'}\` | \`${type}\` | ${list(handling(type, views))} | ${list([...all])} |`;
  });
  return `| stream | event | views | reactions and sagas |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}

function sendersTable(senders: readonly Sender[]): string {
  const rows = senders
    .filter(({ sends }) => sends.length > 0)
    .map(({ name, events, sends }) => {
      const sent = sends.map((type) => `\`${type}\` to \`${streamOfCommand(type)}\``).join(', ');
      return `| \`${name}\` | ${list(events)} | ${sent} |`;
    });
  return `| reaction or saga | at | may send |\n|---|---|---|\n${rows.join('\n')}\n`;
}

/** The page as it is committed. */
export function flowPage(): string {
  const known = new Set([...reactions, ...sagas].map(({ name }) => name));
  const senders = sendersIn(readTree(), registry).filter(({ name }) => known.has(name));
  const contexts = registry.contexts.map(
    (context) => `## Events of ${context.name}\n\n${context.description}\n\n${streamsOf(context)}`,
  );
  const between = `## Between streams\n\n${picture(senders)}\n${sendersTable(senders)}`;
  return `${HEAD}${between}\n${contexts.join('\n')}`;
}
