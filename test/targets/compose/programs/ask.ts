import { EngineApi } from '../../../../src/targets/compose/engine/api/engine-api.ts';

// A worker that asks the engine once and keeps its connection. With `stay` it lives on, otherwise nothing else holds it.
const api = new EngineApi(process.env);
await api.get('the engine cannot be reached', '/info', new AbortController().signal);
process.stdout.write('answered\n');
if (process.argv[2] === 'stay') setInterval(() => undefined, 1_000);
