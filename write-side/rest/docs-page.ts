import type { Context, Registry } from '#domain/kernel/registry.ts';
import { type CommandPath, commandPaths } from './paths.ts';

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => escapes[character] ?? '');

const STYLE = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;
padding:0 1rem}code{font-size:.9em}article{border-top:1px solid #8884;padding:.5rem 0}h3{margin:.5rem 0}
dl{display:grid;grid-template-columns:8rem 1fr;margin:.5rem 0}dt{opacity:.7}dd{margin:0}`;

const codes = (words: readonly string[]): string =>
  words.map((word) => `<code>${escaped(word)}</code>`).join(' ') || '–';

function commandHtml({ path, command }: CommandPath): string {
  const roles = command.from === 'process' ? [] : command.from;
  return `<article id="${escaped(command.type)}">
<h3><code>POST ${escaped(path)}</code></h3>
<p>${escaped(command.description)}</p>
<dl><dt>Roles</dt><dd>${codes(roles)}</dd>
<dt>Fields</dt><dd>${codes(Object.keys(command.schema.shape))}</dd>
<dt>Rejections</dt><dd>${codes(command.rejections.map(({ code }) => code))}</dd></dl>
</article>`;
}

function contextHtml(context: Context, paths: readonly CommandPath[]): string {
  const own = paths.filter((path) => path.context === context);
  return `<section><h2>${escaped(context.name)}</h2><p>${escaped(context.description)}</p>
${own.map(commandHtml).join('\n')}</section>`;
}

/**
 * The commands for a person to read, from the same declarations as everything else; the page loads nothing more.
 *
 * @param publicUrl where they are taken: the page may be read on the operator's port, which takes none
 */
export function docsPage(registry: Registry, publicUrl: string): string {
  const paths = commandPaths(registry);
  const rejections = [...registry.rejections.values()]
    .map(
      ({ code, status, message }) =>
        `<dt><code>${escaped(code)}</code></dt><dd>${status}: ${escaped(message)}</dd>`,
    )
    .join('\n');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Annals: commands</title>
<meta name="viewport" content="width=device-width"><style>${STYLE}dl.wide{grid-template-columns:16rem 1fr}</style></head>
<body><h1>Annals</h1>
<p>Commands by REST, at <code>${escaped(publicUrl)}</code>; the same as <a href="/openapi.json">OpenAPI 3.1</a>. Queries and live
feeds: <a href="${escaped(publicUrl)}/graphql">GraphQL</a>.
The body is JSON, amounts are decimal strings of minor units, <code>Idempotency-Key</code> names the command: repeated, it is
decided once.</p>
${registry.contexts.map((context) => contextHtml(context, paths)).join('\n')}
<section><h2>Rejections</h2><dl class="wide">${rejections}</dl></section>
</body></html>
`;
}
