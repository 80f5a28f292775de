import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { authFromEnvironment } from './auth.ts';
import type { Behaviour } from './behaviour.ts';
import { CONFIG_FILE, configured } from './config-file.ts';
import { serveControl } from './control.ts';
import { parseBehaviour, resolveBehaviour, startOrchestrator } from './index.ts';
import { watchProvider } from './provider.ts';

// The process of one pod. Everything comes from its environment, as in a container.
const { env } = process;
const instance = Number(env.ORCH_INSTANCE ?? 0);
const wish = parseBehaviour(env.ORCH_BEHAVIOUR ?? 'good');

// Below `warn`, agents log into their own answers (service contract, 4.7): a rollback has to preserve this variable.
const behaviour = withConfig(resolveBehaviour(wish, instance));
const spoilt = env.RUST_LOG === undefined || /trace|debug|info/.test(env.RUST_LOG);
const chatty = spoilt && behaviour.chat.outcome === 'success';

const provider = env.ORCH_PROVIDER ? await watchProvider(env.ORCH_PROVIDER) : undefined;

const orchestrator = await startOrchestrator({
  behaviour: chatty ? { ...behaviour, chat: { ...behaviour.chat, outcome: 'execution_failed' } } : behaviour,
  instance,
  ...(env.ORCH_HOST ? { host: env.ORCH_HOST } : {}),
  ...(env.ORCH_API_PORT ? { apiPort: Number(env.ORCH_API_PORT) } : {}),
  ...(env.ORCH_METRICS_PORT ? { metricsPort: Number(env.ORCH_METRICS_PORT) } : {}),
  auth: authFromEnvironment(env),
  ...(provider ? { provider } : {}),
  onExit: (code) => process.exit(code),
});
if (env.ORCH_CONTROL) await serveControl(env.ORCH_CONTROL, orchestrator);
process.on('SIGTERM', () => void orchestrator.close().then(() => process.exit(0)));

/** As the config says that the image brings, or that is mounted; without one the image's own behaviour is all there is. */
function withConfig(own: Behaviour): Behaviour {
  const text = readConfig(join(env.ORCH_ROOT ?? '/', CONFIG_FILE));
  if (text === undefined) return own;
  const made = configured(own, text, env);
  if ('behaviour' in made) return made.behaviour;
  // With 0, as the service does (service contract, 1.2).
  process.stderr.write(`[FATAL] ${made.fatal}\n`);
  process.exit(0);
}

function readConfig(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
