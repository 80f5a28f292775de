import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Processes } from '../../tools/processes/index.ts';

const ANSWER_MS = 10_000;

/**
 * The engine that the user's Docker command talks to (`DOCKER_HOST`, else the current context), when it answers and is
 * on this machine: our registry is on the loopback interface.
 * @returns the value of `DOCKER_HOST`, or why there is none.
 */
export async function findUsersEngine(
  docker: string,
  env: NodeJS.ProcessEnv,
): Promise<{ host: string } | { problem: string }> {
  const ask = async (...args: string[]) =>
    (
      await promisify(execFile)(docker, args, { env, timeout: ANSWER_MS, killSignal: 'SIGKILL' })
    ).stdout.trim();
  try {
    const host =
      env.DOCKER_HOST || (await ask('context', 'inspect', '--format', '{{.Endpoints.docker.Host}}'));
    if (!host.startsWith('unix://'))
      return { problem: `the engine of the Docker command is not on this machine (${host})` };
    const version = await ask('version', '--format', '{{.Server.Version}}');
    return version ? { host } : { problem: `no engine answers at ${host}` };
  } catch {
    return { problem: 'no engine answers the Docker command' };
  }
}

/** Has everything of the sandbox removed from the user's engine at the end. */
export function tidyUsersEngine(
  processes: Processes,
  engine: { readonly docker: string; readonly host: string },
  sandbox: { readonly projects: string; readonly registry: string },
): Promise<void> {
  const script = join(import.meta.dirname, 'tidy-engine.ts');
  return processes.atEnd(process.execPath, [script, engine.docker, sandbox.projects, sandbox.registry], {
    DOCKER_HOST: engine.host,
  });
}
