import { STATUS_CODES } from 'node:http';
import type { Registry } from '#domain/kernel/registry.ts';

const HEAD = `# Every no of the platform

Written by \`npm run schema\` from the catalogue of rejections, which \`{ rejections { code message status } }\` tells as well. By REST
a no has the status of its code; by GraphQL it is the type of that name in the result of a mutation, or \`extensions.code\` of
an error. The third column names what stands in \`details\`, which is typed in \`read-api/schema.graphql\` and \`/openapi.json\`.

| code | status | details | what it says |
|---|---|---|---|
`;

/** The catalogue as a page for people: a row for each code, in alphabetical order. */
export function rejectionsPage({ rejections }: Pick<Registry, 'rejections'>): string {
  const rows = [...rejections.values()]
    .toSorted((one, other) => (one.code < other.code ? -1 : 1))
    .map(({ code, status, schema, message }) => {
      const details = Object.keys(schema.shape)
        .map((name) => `\`${name}\``)
        .join(', ');
      return `| \`${code}\` | ${status} ${STATUS_CODES[status]} | ${details} | ${message} |`;
    });
  return `${HEAD}${rows.join('\n')}\n`;
}
