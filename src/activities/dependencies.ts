import type { ConfiguredChecks } from '../checks/create-checks.ts';
import type { RunbookConfig } from '../config/profile.ts';
import type { RecordedFiles, RunReport } from '../domain/ledger/ledger.ts';
import type { UsableAttributes } from '../domain/request/search-attributes.ts';
import type { Notifier } from '../notifiers/notifier.ts';
import type { ServicePreconditions } from '../preconditions/create-preconditions.ts';
import type { ServiceSignals } from '../signals/service-signals.ts';
import type { RollbackTarget } from '../targets/target.ts';

/** What the worker has built for one service profile. */
export interface PreparedService {
  readonly target: RollbackTarget;
  readonly checks: ConfiguredChecks;
  readonly notifiers: readonly Notifier[];
  /** What has to hold before a rollback; none where the profile says nothing of it. */
  readonly preconditions?: ServicePreconditions;
  /** What reads the service's signals; none where the profile has no section `signals`. */
  readonly signals?: ServiceSignals;
}

/** Everything that activities use of the outside. `worker.ts` builds it; activities never read the environment. */
export interface Dependencies {
  readonly config: RunbookConfig;
  /** The prepared service of a profile name. Throws `ServiceNotConfigured` for a name that is not configured. */
  service(name: string): PreparedService;
  /** Writes the incident record and says where. */
  writeRecord(report: RunReport): Promise<RecordedFiles>;
  /** Which of the runbook's search attributes the namespace has as they should be. */
  searchAttributes(): UsableAttributes;
  /** Address of a run in the Temporal UI, when it is known. */
  link(workflowId: string, runId: string): string | undefined;
}
