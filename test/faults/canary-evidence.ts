import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { runCommand } from '../cli/run-command.ts';
import { type Evidence, everythingIn } from './canary-search.ts';

/** Everything that the server tells of a run, and what the command line says of it. */
export async function evidenceOfRun(
  client: Client,
  address: string,
  workflowId: string,
): Promise<readonly Evidence[]> {
  const handle = client.workflow.getHandle(workflowId);
  const env = { TEMPORAL_ADDRESS: address };
  const [history, description, report, ...commands] = await Promise.all([
    handle.fetchHistory(),
    handle.describe(),
    handle.query('report'),
    runCommand(['status', workflowId], env),
    runCommand(['audit', workflowId], env),
  ]);
  return [
    { where: `history of ${workflowId}`, text: everythingIn(history) },
    // Memo, search attributes, user metadata, pending activities with their heartbeats and failures.
    { where: `description of ${workflowId}`, text: everythingIn(description) },
    { where: `report of ${workflowId}`, text: everythingIn(report) },
    ...commands.map(({ stdout, stderr }, index) => ({
      where: `command ${index} on ${workflowId}`,
      text: stdout + stderr,
    })),
  ];
}

/** The files of a folder and below, but for some. */
export async function evidenceOfFolder(
  folder: string,
  skip = (_path: string) => false,
): Promise<readonly Evidence[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    files
      .filter((file) => !skip(file))
      .map(async (file) => ({ where: file, text: await readFile(file, 'utf8') })),
  );
}
