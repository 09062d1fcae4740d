import { writeFile } from 'node:fs/promises';
import { registry } from '#domain/registry.ts';
import { operations } from './operations.ts';
import { schemaDocument } from './schema/document.ts';
import { rejectionsPage } from './schema/rejections-page.ts';

// Writes the schema and the page of rejections as they are committed: `npm run schema`. Tests compare them with what they are
// made from, and name what would break a client.

await writeFile(new URL('./schema.graphql', import.meta.url), schemaDocument(registry, operations).text);
await writeFile(new URL('../docs/rejections.md', import.meta.url), rejectionsPage(registry));
