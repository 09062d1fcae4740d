import { writeFile } from 'node:fs/promises';
import { registry } from '#domain/registry.ts';
import { operations } from './operations.ts';
import { schemaDocument } from './schema/document.ts';

// Writes the schema as it is committed: `npm run schema`. A test compares the two and names what would break a client.

await writeFile(new URL('./schema.graphql', import.meta.url), schemaDocument(registry, operations).text);
