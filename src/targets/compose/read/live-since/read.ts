import { stat } from 'node:fs/promises';
import type { LiveSince } from '../../../../domain/need/signals.ts';
import type { VersionCandidate } from '../../../../domain/versions/versions.ts';
import type { ObservedState } from '../observed-state.ts';
import { liveSince, type WrittenFile } from './judge.ts';

/** Files that a container holds as they are on the host. */
const HELD = ['bind', 'config', 'secret'];

/** Since when what runs is live, as far as a host can tell: by what was read, and the times of the project's files. */
export async function readLiveSince(
  { containers, change, half, project, recorded }: ObservedState,
  { fingerprint }: Pick<VersionCandidate, 'fingerprint'>,
): Promise<LiveSince | undefined> {
  const files = project.files.map(async ({ path, kind }): Promise<readonly WrittenFile[]> => {
    const file = project.read.get(path);
    const known = file && (await stat(file.path).catch(() => undefined));
    return known ? [{ writtenAt: known.mtimeMs, isHeld: HELD.includes(kind) }] : [];
  });
  const seen = recorded.flatMap((version) => {
    const isCurrent = version.fingerprint === fingerprint;
    const times = [version.record?.at, version.failure?.at, version.content.firstSeenAt];
    return times.map((at) => ({ at: Date.parse(at ?? ''), isCurrent }));
  });
  return liveSince({
    containers,
    ...(change && !half ? { change } : {}),
    files: (await Promise.all(files)).flat(),
    seen: seen.filter(({ at }) => !Number.isNaN(at)),
  });
}
