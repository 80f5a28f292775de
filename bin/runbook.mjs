#!/usr/bin/env node
// The command line wants the locked Node. The start script brings it where the machine has another one; it runs in this
// process, which passes signals on.
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
process.argv.splice(1, 1, path('tools/start.mjs'), path('src/cli/main.ts'));
await import('../tools/start.mjs');
