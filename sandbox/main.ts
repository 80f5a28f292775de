import { once } from 'node:events';
import { COMPOSE } from './demo/compose-world.ts';
import { KUBERNETES } from './demo/kubernetes-world.ts';

// A sandbox to play with: v0.1.0 deployed, everything up until Ctrl-C.
const say = (line: string) => process.stdout.write(`${line}\n`);
const kind = process.argv.includes('--compose') ? COMPOSE : KUBERNETES;
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
await using world = await kind.open({ progress: say, signal: interrupted.signal });
await world.deploy('v0.1.0');
const { temporal, listens, serviceUrl, whereabouts, terminal, commands } = world;
say(`Temporal ${temporal.address}, its UI ${temporal.uiUrl}, ${listens}`);
say(`service ${serviceUrl}/health`);
for (const line of whereabouts) say(line);
say(
  `export ${Object.entries(terminal)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')}`,
);
for (const command of commands) say(command);
say('Ctrl-C ends it all.');
if (!interrupted.signal.aborted) await once(interrupted.signal, 'abort');
