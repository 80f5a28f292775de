import {
  type ObservedService,
  type VersionCandidate,
  type VersionEvidence,
  versionIdOf,
} from '../versions.ts';

/** What is known of a version by what was seen of it last: proved well, seen to fail, or neither. */
export type Standing = 'proved' | 'failed' | 'unproved';

/**
 * The standing of a version. Proof and failure are kept beside each other and neither overwrites the other: the one that
 * was seen last decides. An inconclusive verification decides nothing.
 */
export function standingOf(version: VersionCandidate): Standing {
  const [proof, failure] = [proofOf(version), failureOf(version)];
  if (failure && (!proof || timeOf(failure) >= timeOf(proof))) return 'failed';
  return proof ? 'proved' : 'unproved';
}

/**
 * The observation in which candidates that are one version share what is recorded of it: a restart has another
 * fingerprint, and neither another proof nor another failure.
 */
export function withSharedRecords(observed: ObservedService): ObservedService {
  const groups = Map.groupBy([observed.current, ...observed.history], versionIdOf);
  const shared = (version: VersionCandidate): VersionCandidate => {
    const same = groups.get(versionIdOf(version)) ?? [];
    const evidence = newest(same.flatMap((one) => proofOf(one) ?? [])) ?? version.evidence;
    const failure = newest(same.flatMap((one) => failureOf(one) ?? []));
    return { ...version, ...(evidence ? { evidence } : {}), ...(failure ? { failure } : {}) };
  };
  return { ...observed, current: shared(observed.current), history: observed.history.map(shared) };
}

/**
 * The same observation for histories, which hold it twice: of candidates that are one version the newest proof stands there
 * once. {@link withSharedRecords} says of it what it said before.
 */
export function withProofsOnce(observed: ObservedService): ObservedService {
  const groups = Map.groupBy([observed.current, ...observed.history], versionIdOf);
  const once = (version: VersionCandidate): VersionCandidate => {
    const { evidence, ...bare } = version;
    const same = groups.get(versionIdOf(version)) ?? [];
    const proof = newest(same.flatMap((one) => proofOf(one) ?? []));
    const isShared = proof === undefined || evidence === proof || evidence?.verdict === 'failed';
    return isShared ? version : bare;
  };
  return { ...observed, current: once(observed.current), history: observed.history.map(once) };
}

/** The record that proves the version, whoever made it. */
export function proofOf({ evidence }: VersionCandidate): VersionEvidence | undefined {
  return evidence?.verdict === 'passed' ? evidence : undefined;
}

/** The newest record of a failure. Records of before failures were kept by themselves hold it as their verdict. */
export function failureOf({ evidence, failure }: VersionCandidate): VersionEvidence | undefined {
  const recorded = [failure, evidence].filter(
    (record): record is VersionEvidence => record?.verdict === 'failed',
  );
  return newest(recorded);
}

/** In words, for the messages that name a version that is no default target: `seen to fail at …: chat`. */
export function failureInWords(version: VersionCandidate): string {
  const failure = failureOf(version);
  if (!failure) return '';
  const failed = Object.entries(failure.checks).flatMap(([check, { verdict }]) =>
    verdict === 'failed' ? [check] : [],
  );
  const what = failure.failed ?? failed.join(', ');
  return `seen to fail at ${failure.at}${what ? `: ${what}` : ''}`;
}

function newest(records: readonly VersionEvidence[]): VersionEvidence | undefined {
  return records.toSorted((a, b) => timeOf(b) - timeOf(a))[0];
}

function timeOf({ at }: VersionEvidence): number {
  return Date.parse(at);
}
