import { createHash } from 'node:crypto';
import type { ComposeProfile } from '../../../domain/request/profile.ts';
import type { ComposeSource } from '../../../domain/versions/pins.ts';
import {
  type ObservedService,
  parseImage,
  type VersionCandidate,
} from '../../../domain/versions/versions.ts';
import { versionEvidence } from '../../evidence/version-evidence.ts';
import type { EngineInfo } from '../engine/docker.ts';
import { digestIn } from '../engine/objects/images.ts';
import { fingerprintOf } from '../load/fingerprint.ts';
import { workloadOf } from '../load/workload.ts';
import type { ProjectChange } from '../state/project-change.ts';
import { historyOf, imageNames } from './candidates.ts';
import { changedSecrets } from './config/secrets.ts';
import { instanceCount } from './leftovers.ts';
import { type LiveState, leadingContainer, type ObservedState } from './observed-state.ts';
import { warningsOf } from './warnings.ts';

/** How many earlier versions are kept beside the service. */
const KEPT = 50;

/** What the observed state says of the service. Pure. */
export function observedFrom(observedState: ObservedState, profile: ComposeProfile): ObservedService {
  const { project, containers, sources, engine, at } = observedState;
  const { invocation, service } = project;
  const current = currentVersion(observedState, profile.service);
  const repository = parseImage(service.image).repository;
  const history = historyOf(
    {
      recorded: observedState.recorded,
      local: sources.local,
      tags: sources.tags,
      repository,
      changedSecrets: (content) =>
        changedSecrets(content, observedState.secrets, project, observedState.keptSecrets),
    },
    { candidate: current, imageCreatedAt: observedState.image?.createdAt ?? '' },
  );
  return {
    target: 'compose',
    workload: workloadOf(profile, invocation.project),
    namespace: invocation.project,
    name: profile.service,
    uid: identityOf(engine, invocation.project, profile.service),
    generation: 0,
    paused: false,
    replicas: instanceCount(containers),
    rolledBack: isRollback(leftBy(observedState, current.fingerprint)),
    historyLimit: KEPT,
    current,
    history,
    warnings: warningsOf(observedState),
    at,
  };
}

/** Stands for one service of one project on one engine, as long as the engine lives. */
export function identityOf({ id }: EngineInfo, project: string, service: string): string {
  return createHash('sha256')
    .update(JSON.stringify([id, project, service]))
    .digest('hex')
    .slice(0, 32);
}

/** The change of ours that has left this version, noted or not; none when it is another one by now. */
function leftBy({ change }: ObservedState, fingerprint: string): ProjectChange | undefined {
  const isDone = change?.phase === 'started' || change?.phase === 'starting';
  return isDone && change.to.fingerprint === fingerprint ? change : undefined;
}

/** What a restore has brought back was not chosen by a rollback. */
function isRollback(change: ProjectChange | undefined): boolean {
  return change !== undefined && change.purpose !== 'restore';
}

/** Half a change is a version of its own: neither the one before it nor the one after it. */
function halfPrint(whole: string, change: ProjectChange | undefined): string {
  return createHash('sha256')
    .update(JSON.stringify(['half', change?.id, whole]))
    .digest('hex');
}

/**
 * What runs with files that it may not have seen is a version of its own: neither the one before they were changed nor the one
 * that they make, which a container that is made anew will be.
 */
function unseenPrint(whole: string, { containers, unseen }: LiveState): string {
  const { id, startedAt } = leadingContainer(containers) ?? {};
  return createHash('sha256')
    .update(JSON.stringify(['unseen', id, startedAt, unseen.map(({ name }) => name), whole]))
    .digest('hex');
}

/**
 * A version that a rollback has brought is older than the one that it replaced, though nobody may have seen it run
 * before. When it was recorded it has its own time.
 */
function beforeWhatItReplaced(change: ProjectChange, recorded: ObservedState['recorded']): readonly string[] {
  const replaced = recorded.find(({ fingerprint }) => fingerprint === change.from.fingerprint);
  if (!replaced || !isRollback(change)) return [];
  return [new Date(Date.parse(replaced.content.firstSeenAt) - 1).toISOString()];
}

/** What runs, by the container and not by the file. */
export function liveVersionIn(live: LiveState): {
  readonly fingerprint: string;
  readonly image: string;
  readonly source: ComposeSource;
} {
  const { project, containers, image: local } = live;
  const { service, files } = project;
  const leading = leadingContainer(containers);
  // A container may have been created by image ID; then the file says what it is called.
  const image = leading && !/^(sha256:)?[0-9a-f]{12,64}$/.test(leading.image) ? leading.image : service.image;
  const imageId = leading?.imageId ?? local?.id;
  const digest = local
    ? [image, service.image]
        .map((reference) => digestIn(local, parseImage(reference).repository, live.digests))
        .find(Boolean)
    : parseImage(image).digest;
  const source: ComposeSource = {
    kind: 'compose',
    known: 'container',
    image,
    ...(digest ? { digest } : {}),
    ...(imageId ? { imageId } : {}),
    files,
    definitionHash: service.definitionHash,
  };
  const whole = fingerprintOf({ ...source, definitionHash: service.definitionHash, files });
  const seen = live.unseen.length > 0 ? unseenPrint(whole, live) : whole;
  return { fingerprint: live.half ? halfPrint(whole, live.change) : seen, image, source };
}

/** The same, with what is known of it. */
function currentVersion(observedState: ObservedState, container: string): VersionCandidate {
  const { containers, recorded, at } = observedState;
  const { fingerprint, image, source } = liveVersionIn(observedState);
  const change = leftBy(observedState, fingerprint);
  const known = recorded.filter((version) => version.fingerprint === fingerprint);
  const record = known.find((version) => version.record)?.record;
  const failure = observedState.failures.get(fingerprint);
  const since = [
    leadingContainer(containers)?.createdAt ?? at,
    ...known.map(({ content }) => content.firstSeenAt),
    ...(change ? beforeWhatItReplaced(change, recorded) : []),
  ];
  const isOther = change?.recorded !== undefined && change.recorded !== fingerprint;
  return {
    ...imageNames(image, container),
    ...(isOther ? { standsFor: change.recorded } : {}),
    fingerprint,
    contentFingerprint: fingerprint,
    source,
    createdAt: new Date(
      Math.max(Math.min(...since.map(Date.parse)), ...observedState.unseen.map(({ changedAt }) => changedAt)),
    ).toISOString(),
    ...(record ? { evidence: versionEvidence(record) } : {}),
    ...(failure ? { failure: versionEvidence(failure) } : {}),
  };
}
