import { RunbookError } from '../../../domain/errors.ts';
import { chooseTarget } from '../../../domain/versions/choice/choose-target.ts';
import type { PinSource } from '../../../domain/versions/pins.ts';
import type { TargetWish } from '../../../domain/versions/targets.ts';
import type { ObservedService } from '../../../domain/versions/versions.ts';
import type { AccessReport } from '../../target.ts';
import type { Workload } from '../api/resources.ts';
import type { ApiTransport } from '../api/transport.ts';
import type { SeenObject } from '../config/seen-object.ts';
import { evidenceName } from '../state/evidence.ts';
import { keptNames } from '../state/kept-templates.ts';
import { needsCopy } from '../state/snapshot.ts';
import { nameOf, type WorkloadPlace } from '../workload/workload.ts';
import {
  accessDenied,
  describePermissions,
  keepingPermissions,
  neededPermissions,
  type Permissions,
  REPLACING_PERMISSIONS,
  reviewPermissions,
  SNAPSHOT_PERMISSIONS,
  wantedPermissions,
} from './permissions.ts';
import { type CheckedReferences, checkReferences } from './reference-check.ts';

/**
 * How long granted permissions are believed, in milliseconds. One that is revoked meanwhile is missed by the request
 * that needs it, which the API server refuses before anything is changed. Objects are never remembered: one that was
 * deleted shows only when the pods of the target do not start.
 */
const PERMISSIONS_MS = 300_000;
/** Runbook 2: proves that the rollback can be carried out, before anything is changed. */
export class AccessCheck {
  readonly #transport: ApiTransport;
  readonly #workload: WorkloadPlace;
  #granted: { readonly at: number; readonly permissions: Permissions } | undefined;

  constructor(transport: ApiTransport, workload: WorkloadPlace) {
    this.#transport = transport;
    this.#workload = workload;
  }

  /**
   * @param observation begun by the caller, so that both run at the same time.
   * @param seen what that has read of what templates refer to.
   */
  async check(
    wish: TargetWish,
    observation: Promise<ObservedService>,
    live: () => Promise<Workload>,
    seen: () => ReadonlyMap<string, SeenObject>,
    signal: AbortSignal,
  ): Promise<AccessReport> {
    observation.catch(() => {});
    // First, because it names everything that is missing, where a failed read names one thing.
    const { missing, warnings } = await this.#permissions(signal);
    const observed = await observation;
    const notReplaced = missing.filter((permission) => REPLACING_PERMISSIONS.includes(permission));
    const mayBlock = notReplaced.length > 0 && this.#workload.kind.blocking?.mayBlock(await live());
    if (observed.deleting) throw deleted(observed);
    if (observed.paused) throw paused(this.#workload);
    const choice = chooseTarget(observed, wish);
    if ('problem' in choice) throw new RunbookError(choice.problem, choice.message);
    const { candidate } = choice;
    const there = candidate.fingerprint === observed.current.fingerprint;
    if (!there) this.#checkSnapshot(wish, candidate.source, observed, missing);
    const references = there ? [] : candidate.references;
    const unchecked = await this.#checkReferences(candidate.version, references, seen(), signal);
    const isChecked = (reference: string) => !unchecked.some((other) => reference.endsWith(other.reference));
    const may = describePermissions(neededPermissions(this.#workload));
    return {
      summary: `may ${may}; references present: ${references.filter(isChecked).join(', ') || 'none needed'}`,
      warnings: [
        ...warnings,
        ...(mayBlock ? [replacingWarning(this.#workload, notReplaced)] : []),
        ...unchecked.map(({ reference, why }) => `could not check ${reference}: ${why}`),
      ],
    };
  }

  /** Throws when one is missing that every rollback needs; returns the others that are missing. */
  async #permissions(signal: AbortSignal): Promise<Permissions> {
    if (this.#granted && performance.now() - this.#granted.at < PERMISSIONS_MS) {
      return this.#granted.permissions;
    }
    const needed = neededPermissions(this.#workload);
    const wanted = wantedPermissions(evidenceName(this.#workload));
    const replacing = this.#workload.kind.blocking ? REPLACING_PERMISSIONS : [];
    const keeping = keepingPermissions(keptNames(this.#workload)[0] ?? '');
    const asked = [...new Set([...needed, ...wanted, ...keeping, ...SNAPSHOT_PERMISSIONS, ...replacing])];
    const { missing, warnings } = await reviewPermissions(this.#transport, this.#workload, asked, signal);
    const fatal = missing.filter((permission) => needed.includes(permission));
    if (fatal.length > 0) throw accessDenied(this.#workload, fatal);
    const lacking = missing.filter((permission) => wanted.includes(permission));
    const notKept = missing.filter((permission) => keeping.includes(permission));
    const permissions = {
      missing,
      warnings: [
        ...warnings,
        ...(lacking.length > 0 ? [evidenceWarning(lacking)] : []),
        ...(notKept.length > 0 ? [keepingWarning(this.#workload, notKept)] : []),
      ],
    };
    if (missing.length === 0) this.#granted = { at: performance.now(), permissions };
    return permissions;
  }

  /**
   * Where no ReplicaSet will keep what is live, the snapshot is a ConfigMap, and there is no rollback without it. The
   * restoration of a snapshot takes no other one.
   */
  #checkSnapshot(
    { kind }: TargetWish,
    source: PinSource,
    { current, historyLimit }: ObservedService,
    missing: Permissions['missing'],
  ): void {
    const isToRead = source.kind === 'config-map';
    const isToWrite = kind !== 'snapshot' && needsCopy(current.source, historyLimit);
    const needed = SNAPSHOT_PERMISSIONS.filter(({ verb }) => isToWrite || (isToRead && verb === 'get'));
    const fatal = missing.filter((permission) => needed.includes(permission));
    if (fatal.length > 0) throw accessDenied(this.#workload, fatal);
  }

  /** Throws for what is gone; returns what could not be asked for. */
  async #checkReferences(
    version: string,
    references: readonly string[],
    seen: ReadonlyMap<string, SeenObject>,
    signal: AbortSignal,
  ): Promise<CheckedReferences['unchecked']> {
    const { namespace } = this.#workload;
    const { gone, unchecked } = await checkReferences(this.#transport, namespace, references, seen, signal);
    if (gone.length === 0) return unchecked;
    throw new RunbookError(
      'ReferenceMissing',
      `${version} needs ${gone.join(', ')} in namespace ${namespace}, and it is gone; ` +
        `restore it, or choose another target`,
    );
  }
}

function evidenceWarning(missing: Permissions['missing']): string {
  return `known-good evidence cannot be kept: the worker may not ${describePermissions(missing)}`;
}

function keepingWarning({ kind: { kind } }: WorkloadPlace, missing: Permissions['missing']): string {
  return `proved versions cannot be kept beyond the ${kind}'s own history: the worker may not ${describePermissions(missing)}`;
}

function replacingWarning(workload: WorkloadPlace, missing: Permissions['missing']): string {
  return `the worker may not ${describePermissions(missing)}: a pod that is never ready would keep the controller of ${nameOf(workload)} from replacing any (podManagementPolicy OrderedReady), and a person would have to delete it`;
}

function paused(workload: WorkloadPlace): RunbookError {
  const name = nameOf(workload);
  return new RunbookError(
    'WorkloadPaused',
    `${name} in namespace ${workload.namespace} is paused and would not roll out; kubectl rollout resume ${name} -n ${workload.namespace}`,
  );
}

function deleted({ workload, deleting }: ObservedService): RunbookError {
  return new RunbookError(
    'WorkloadDeleted',
    `${workload} is being deleted (since ${deleting}): a change of it would roll nothing out`,
  );
}
