import type { VersionCandidate } from '../../../src/domain/versions/versions.ts';
import {
  historyOf,
  type KnownVersions,
  type RecordedVersion,
} from '../../../src/targets/compose/read/candidates.ts';

export const REPOSITORY = 'registry.example/app';

/** The running version. */
export function current(tag: string, change: Partial<VersionCandidate> = {}): VersionCandidate {
  return {
    version: tag.replace(/^v/, ''),
    image: `${REPOSITORY}:${tag}`,
    container: 'app',
    revision: 0,
    formerRevisions: [],
    fingerprint: `print-${tag}`,
    contentFingerprint: `print-${tag}`,
    source: {
      kind: 'compose',
      known: 'container',
      image: `${REPOSITORY}:${tag}`,
      digest: `sha256:${tag}`,
      imageId: `id-${tag}`,
      files: [],
      definitionHash: 'definition',
    },
    createdAt: '2026-11-20T00:00:00.000Z',
    references: [],
    ...change,
  };
}

export function recorded(tag: string, firstSeenAt: string, verdict?: 'passed' | 'failed'): RecordedVersion {
  const image = `${REPOSITORY}:${tag}`;
  const content = {
    image,
    repository: REPOSITORY,
    tag,
    digest: `sha256:${tag}`,
    imageId: `id-${tag}`,
    files: [],
    definitionHash: 'definition',
    firstSeenAt,
  };
  const fingerprint = `print-${tag}`;
  if (!verdict) return { known: 'snapshot', fingerprint, content };
  const record = {
    fingerprint,
    version: tag.replace(/^v/, ''),
    image,
    verdict,
    at: firstSeenAt,
    provedBy: 'verify' as const,
    workflowId: 'w',
    runId: 'r',
    checks: {},
  };
  return { known: 'evidence', fingerprint, content, record };
}

export function local(tag: string, createdAt: string, change: { id?: string; digests?: string[] } = {}) {
  return {
    id: change.id ?? `id-${tag}`,
    tags: [`${REPOSITORY}:${tag}`],
    digests: change.digests ?? [`${REPOSITORY}@sha256:${tag}`],
    createdAt,
  };
}

/** The history beside v0.2.0, whose image was made on the tenth of November. */
export function history(
  known: Partial<KnownVersions>,
  of: VersionCandidate = current('v0.2.0'),
  imageCreatedAt = '2026-11-10T00:00:00Z',
): readonly VersionCandidate[] {
  const nothing = {
    recorded: [],
    local: [],
    tags: [],
    repository: REPOSITORY,
    changedSecrets: () => [],
  };
  return historyOf({ ...nothing, ...known }, { candidate: of, imageCreatedAt });
}
