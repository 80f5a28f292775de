import { stat } from 'node:fs/promises';
import type { ResolvedService } from '../engine/command/resolved-service.ts';
import type { Container } from '../engine/objects/containers.ts';
import type { LoadedProject } from '../load/load-project.ts';

/**
 * What the files say by now and the container was not started with: edited since, and never brought up. What is proved
 * of the container is then no proof of the files. Names of variables and files, no values.
 */
export async function driftOf(
  project: LoadedProject,
  container: Container,
  resolved: ResolvedService,
): Promise<readonly string[]> {
  const changed = Object.entries(resolved.environment)
    .filter(([name, value]) => container.environment[name] !== value)
    .map(([name]) => name);
  const variables =
    changed.length > 0
      ? [
          `the container was started with other values of ${changed.slice(0, 8).join(', ')}${changed.length > 8 ? ', …' : ''}`,
        ]
      : [];
  return [...variables, ...(await writtenSince(project, container))];
}

/** A mounted file is held by the container as it was at its start. */
async function writtenSince(
  { files, read }: LoadedProject,
  { startedAt }: Container,
): Promise<readonly string[]> {
  const since = Date.parse(startedAt);
  const lines: string[] = [];
  for (const { path, kind } of files) {
    const file = kind === 'bind' || kind === 'config' ? read.get(path) : undefined;
    const known = file ? await stat(file.path).catch(() => undefined) : undefined;
    if (known && known.mtimeMs > since) lines.push(`${path} was written after the container was started`);
  }
  return lines;
}
