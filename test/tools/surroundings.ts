/** What the tests of this room need around them: a temporary folder, small programs, a loopback server. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { OFFICIAL_SITES, type ToolEntry } from '../../tools/catalogue.ts';
import type { SourceContext } from '../../tools/sources/source.ts';

/** A folder that is gone when the test is over. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'runbook-tools-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes an executable shell script. */
export async function writeProgram(file: string, script: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

/** The script of an etcd of some version. */
export const etcdOf = (version: string) => `echo "etcd Version: ${version}"`;

/** Serves on a free port of 127.0.0.1 until the test is over. */
export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An etcd that can be had in no way; tests add the one they are about. */
export const ENTRY: ToolEntry = {
  version: '3.6.8',
  variable: 'RUNBOOK_ETCD',
  versionArguments: ['--version'],
  versionPattern: /etcd Version: (\d+)\.(\d+)\.(\d+)/,
  oldest: [3, 6],
  newest: [3, Number.POSITIVE_INFINITY],
  hint: 'etcd 3.6.8',
  download: () => undefined,
};

/** A context for one source, with an empty environment and a folder of its own. */
export async function contextWith(changes: Partial<SourceContext> = {}): Promise<SourceContext> {
  return {
    name: 'etcd',
    entry: ENTRY,
    folder: changes.folder ?? (await temporaryFolder()),
    env: {},
    sites: OFFICIAL_SITES,
    progress: () => undefined,
    signal: new AbortController().signal,
    ...changes,
  };
}
