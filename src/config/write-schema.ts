import { readFile, writeFile } from 'node:fs/promises';
import { configJsonSchema, schemaFile } from './json-schema.ts';
import { withKeyTable } from './key-table.ts';

// Writes runbook.schema.json and the table of keys in docs/configuration.md. A test fails while they are stale.
const schema = new URL('../../runbook.schema.json', import.meta.url);
const document = new URL('../../docs/configuration.md', import.meta.url);

await writeFile(schema, schemaFile());
await writeFile(document, withKeyTable(await readFile(document, 'utf8'), configJsonSchema()));
