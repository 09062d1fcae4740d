import { writeFile } from 'node:fs/promises';
import { operations, registry } from '#compose/contexts.ts';
import { authorizationPage } from '#read-api/schema/authorization-page.ts';
import { schemaDocument } from '#read-api/schema/document.ts';
import { rejectionsPage } from '#read-api/schema/rejections-page.ts';

// Writes the schema, the page of rejections and that of who may do what as they are committed: `npm run schema`. Tests compare them with what they are
// made from, and name what would break a client.

await writeFile(
  new URL('../read-api/schema.graphql', import.meta.url),
  schemaDocument(registry, operations).text,
);
await writeFile(new URL('../docs/rejections.md', import.meta.url), rejectionsPage(registry));
await writeFile(
  new URL('../docs/authorization.md', import.meta.url),
  authorizationPage(registry, operations),
);
