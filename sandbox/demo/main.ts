import { DefaultLogger, Runtime } from '@temporalio/worker';
import { chaos } from './chaos/chaos.ts';
import { COMPOSE } from './compose-world.ts';
import { demo } from './demo.ts';
import { KUBERNETES } from './kubernetes-world.ts';

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The second time somebody does not want to wait. The supervisor sees us go and removes everything.
    if (interrupted.signal.aborted) process.exit(130);
    interrupted.abort();
  });
}

Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
const kind = process.argv.includes('--compose') ? COMPOSE : KUBERNETES;
const telling = process.argv.includes('--chaos')
  ? chaos(kind, interrupted.signal)
  : demo(kind, interrupted.signal, {
      keep: process.argv.includes('--keep'),
      innocent: process.argv.includes('--innocent'),
    });
const code = await telling.catch((error: Error) => {
  if (interrupted.signal.aborted || error.name === 'Interrupted') return 130;
  const expected = error.name === 'ToolMissing' || error.name === 'SandboxUnavailable';
  process.stdout.write(`\n${expected ? error.message : error.stack}\n`);
  return 1;
});
// All that was opened is closed; nothing that was forgotten may keep the program alive.
process.exit(code);
