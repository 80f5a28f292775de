import { readFile, stat } from 'node:fs/promises';
import type { VersionCandidate } from '../../../domain/versions/versions.ts';
import type { LastChange } from '../../target.ts';
import type { Container } from '../engine/objects/containers.ts';
import type { ProjectFile } from '../files/read-file.ts';
import type { ProjectChange } from '../state/project-change.ts';
import { leadingContainer, type ObservedState } from './observed-state.ts';

/**
 * Who changed a Compose service last, as far as a host can tell: nobody signs what he edits. It was this runbook when
 * the files and the containers are those that its last change has left. Otherwise it is said which file was written, when
 * and whose it is, and which container was made anew.
 */
export async function lastChangeOf(
  observedState: ObservedState,
  current: VersionCandidate,
): Promise<LastChange> {
  const { change, half } = observedState;
  const container = leadingContainer(observedState.containers);
  if (change && half) {
    return { who: `this runbook, interrupted while ${change.phase} (${run(change)})`, ours: true };
  }
  const written = await writings(observedState);
  const left = change && leftFiles(change);
  if (!change || !left) {
    // Interrupted between its last deed and the note of it.
    if (change?.to.fingerprint === current.fingerprint) return byUs(change);
    return byOthers(latest([...written, ...making(container)]));
  }
  const others = written.filter(
    ({ path }) => left.get(path) !== observedState.project.read.get(path)?.sha256,
  );
  const isMade = container !== undefined && change.made?.includes(container.id) === true;
  if (others.length > 0 || !isMade) return byOthers([...others, ...(isMade ? [] : making(container))]);
  const side = change.phase === 'restored' ? change.from : change.to;
  if (side.fingerprint === current.fingerprint) return byUs(change);
  // The same files and containers, and yet another version: what decides it stands outside of the project.
  return { who: "somebody who changed the worker's environment", ours: false };
}

function byUs(change: ProjectChange): LastChange {
  return { who: `this runbook (${run(change)})`, ours: true };
}

function byOthers(deeds: readonly Deed[]): LastChange {
  const told = deeds.toSorted((a, b) => a.at - b.at).map(({ what }) => what);
  return {
    who: told.length > 0 ? `whoever ${told.join('; ')}` : 'somebody who removed the container',
    ours: false,
  };
}

function latest(deeds: readonly Deed[]): readonly Deed[] {
  return deeds.toSorted((a, b) => b.at - a.at).slice(0, 1);
}

/** What was done to the service, and when. */
interface Deed {
  readonly what: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

function run({ by, endedAt, startedAt }: ProjectChange): string {
  return `${by} at ${endedAt ?? startedAt}`;
}

/** The files as a change that came to its end has left them, by their hashes; none for one of an earlier version. */
export function leftFiles({ phase, left, files }: ProjectChange): ReadonlyMap<string, string> | undefined {
  if (!left || (phase !== 'started' && phase !== 'restored')) return undefined;
  const after = left.map(({ path, sha256 }) => [path, sha256] as const);
  const back = phase === 'restored' ? files.map(({ path, before }) => [path, before] as const) : [];
  return new Map([...after, ...back]);
}

/** When each file of the service was written, and whose it is. */
async function writings({ project }: ObservedState): Promise<readonly (Deed & { readonly path: string })[]> {
  const names = await userNames();
  const found = project.files.map(async ({ path }) => {
    const file = project.read.get(path);
    const known = file && (await stat(file.path).catch(() => undefined));
    if (!file || !known) return [];
    const owner = ownerOf(file, names);
    const what = `wrote ${path} (owner ${owner}) at ${new Date(known.mtimeMs).toISOString()}`;
    return [{ path, at: known.mtimeMs, what }];
  });
  return (await Promise.all(found)).flat();
}

function making(container: Container | undefined): readonly Deed[] {
  if (!container) return [];
  const { name, createdAt } = container;
  const at = Date.parse(createdAt);
  return [{ at, what: `made container ${name} at ${new Date(at).toISOString()}` }];
}

function ownerOf({ uid }: ProjectFile, names: ReadonlyMap<number, string>): string {
  return names.get(uid) ?? `uid ${uid}`;
}

/** Names of this host's own users; those of a directory service stay numbers. */
async function userNames(): Promise<ReadonlyMap<number, string>> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '');
  return new Map(
    text.split('\n').map((line) => {
      const [name = '', , uid] = line.split(':');
      return [Number(uid), name] as const;
    }),
  );
}
