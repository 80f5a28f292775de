import type { KnownGoodRecord } from '../../../domain/proof/known-good.ts';
import type { ResolvedService } from '../engine/command/resolved-service.ts';
import type { EngineInfo } from '../engine/docker.ts';
import type { Container } from '../engine/objects/containers.ts';
import type { LocalImage } from '../engine/objects/images.ts';
import type { LoadedProject } from '../load/load-project.ts';
import type { ProjectChange } from '../state/project-change.ts';
import type { RecordedVersion } from './candidates.ts';
import type { SecretNow } from './config/secrets.ts';
import type { Unseen } from './config/unseen.ts';
import type { ImageSources } from './image-sources.ts';
import { withoutLeftBehind } from './leftovers.ts';

/** What runs, of which files, at one moment: what makes its version. */
export interface LiveState {
  readonly engine: EngineInfo;
  readonly project: LoadedProject;
  readonly containers: readonly Container[];
  /** Image that runs, or that the file names when nothing does; undefined when the engine does not have it. */
  readonly image?: LocalImage;
  /** Digests that are recorded, the last change's first; where the image has more than one. */
  readonly digests: readonly string[];
  /** The last change of ours, or the one that is under way. */
  readonly change?: ProjectChange;
  /** True when that one was left in the middle. */
  readonly half: boolean;
  /** Config that was changed since the container started: what it runs with is not known. */
  readonly unseen: readonly Unseen[];
}

/** Everything that was read of the service at one moment. */
export interface ObservedState extends LiveState {
  /** What the reference in the file means on this engine. */
  readonly named?: LocalImage;
  /** What Compose makes of the files; where everything was read. */
  readonly resolved?: ResolvedService;
  /** What the container was not started with. */
  readonly drift: readonly string[];
  /** What else the files say by now and it was not started with; where everything was read. */
  readonly differences: readonly string[];
  readonly recorded: readonly RecordedVersion[];
  /** The secrets that the service uses. */
  readonly secrets: readonly SecretNow[];
  /** Hashes of secrets whose content is kept, and may come back. */
  readonly keptSecrets: ReadonlySet<string>;
  /** What was seen of versions that is no proof, by fingerprint. */
  readonly failures: ReadonlyMap<string, KnownGoodRecord>;
  readonly sources: ImageSources;
  /** What could not be read, a line each. */
  readonly problems: readonly string[];
  readonly at: string;
}

/**
 * The container that stands for the service: one that runs, else the newest; not one that was made in the place of
 * another one and never started.
 */
export function leadingContainer(containers: readonly Container[]): Container | undefined {
  const newest = withoutLeftBehind(containers).toSorted(
    (a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt),
  );
  return newest.find(({ running }) => running) ?? newest[0];
}
