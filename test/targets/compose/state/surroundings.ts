/** A state folder in a project of its own, and records to keep in it. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ComposeFilePin } from '../../../../src/domain/versions/pins.ts';
import { ProjectFolder } from '../../../../src/targets/compose/files/project-folder.ts';
import {
  type KnownVersion,
  type Snapshot,
  StateFolder,
  type VersionContent,
} from '../../../../src/targets/compose/state/index.ts';
import { temporaryFolder } from '../files/surroundings.ts';

export const signal = new AbortController().signal;

export async function stateIn(path?: string) {
  const root = join(await temporaryFolder(), 'project');
  await mkdir(root);
  const project = await ProjectFolder.open(root);
  const state = new StateFolder(project, path);
  return { root, project, state, app: state.service('app') };
}

/** An instant some minutes after the first one of a test. */
export const minute = (minutes: number) => new Date(Date.UTC(2026, 0, 1, 0, minutes)).toISOString();

/** A fingerprint that begins with a number. */
export const printOf = (number: number) => number.toString(16).padStart(16, '0').padEnd(64, 'f');

export function contentOf(change: Partial<VersionContent> = {}): VersionContent {
  return {
    image: 'registry.example/app:1',
    repository: 'registry.example/app',
    tag: '1',
    digest: `sha256:${'a'.repeat(64)}`,
    files: [],
    definitionHash: 'd'.repeat(64),
    firstSeenAt: minute(0),
    ...change,
  };
}

export const fileOf = (sha256: string): ComposeFilePin => ({ path: 'app.env', kind: 'env-file', sha256 });

export function recordOf(number: number, change: Partial<KnownVersion> = {}): KnownVersion {
  return {
    fingerprint: printOf(number),
    version: `${number}`,
    image: `registry.example/app:${number}`,
    verdict: 'passed',
    at: minute(number),
    provedBy: 'verify',
    workflowId: 'verify-app',
    runId: 'run',
    checks: { health: { verdict: 'passed', summary: '3 of 3 good', values: { status: 'ok' } } },
    content: contentOf(),
    ...change,
  };
}

export function snapshotOf(number: number, change: Partial<Snapshot> = {}): Snapshot {
  return {
    fingerprint: printOf(number),
    version: `${number}`,
    at: minute(number),
    content: contentOf(),
    ...change,
  };
}
