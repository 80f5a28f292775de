import { chmod, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ToolName } from './catalogue.ts';
import type { Found, NotFound, SourceContext } from './sources/source.ts';
import { versionOf } from './sources/version.ts';

/**
 * Moves a program that a source has brought into its folder, if it runs and tells the right version. It appears there
 * whole or not at all, with a receipt of its size by which a truncated file is noticed later.
 */
export async function receive(
  program: string,
  { name, entry, folder }: Pick<SourceContext, 'name' | 'entry' | 'folder'>,
): Promise<Found | NotFound> {
  await chmod(program, 0o755);
  const asked = await versionOf(program, entry);
  if ('problem' in asked) return { missing: `what it brought ${asked.problem}` };
  const { size } = await stat(program);
  const path = join(folder, name);
  await writeFile(`${program}.bytes`, String(size));
  await rename(`${program}.bytes`, receiptOf(folder, name));
  await rename(program, path);
  return { path, version: asked.version };
}

/** The size that a program in the cache must have, in bytes; `undefined` when it has no receipt. */
export async function bytesReceived(folder: string, name: ToolName): Promise<number | undefined> {
  const text = await readFile(receiptOf(folder, name), 'utf8').catch(() => '');
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

function receiptOf(folder: string, name: ToolName): string {
  return join(folder, `${name}.bytes`);
}
