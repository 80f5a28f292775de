import { startRollback, startRollbackGroup } from '../../client/index.ts';
import { needOf } from '../../domain/ledger/ledger.ts';
import type { Trigger } from '../../domain/need/need-policy.ts';
import type { Severity } from '../../domain/request/policy.ts';
import type { RollbackRequest } from '../../domain/request/request.ts';
import { CommandError, EXIT } from '../errors/exit-codes.ts';
import { openSession } from '../session/open-session.ts';
import { type SessionOptions, withService } from '../session/session.ts';
import { showGroupPlan, showNeed, showPlan } from '../show/show-plan.ts';
import { out } from '../show/terminal.ts';
import { followToTheEnd, type RunOptions } from '../start-and-follow.ts';

interface RollbackOptions extends SessionOptions, RunOptions {
  readonly to?: string;
  readonly environment?: string;
  readonly reason?: string;
  readonly requestedBy?: string;
  readonly incident?: string;
  readonly symptom?: readonly string[];
  readonly tried?: readonly string[];
  readonly severity?: Severity;
  readonly trigger?: Trigger;
  readonly breakGlass?: string;
  readonly join?: boolean;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly group?: string;
}

/** `runbook rollback` and, with `dryRun`, `runbook plan`. */
export async function rollback(service: string | undefined, options: RollbackOptions): Promise<void> {
  const { group } = options;
  if (group !== undefined && service !== undefined) {
    throw new CommandError(EXIT.usage, 'a service or --group, not both');
  }
  const request: RollbackRequest = {
    ...(service ? { service } : {}),
    ...(options.environment ? { environment: options.environment } : {}),
    ...(options.to ? { target: options.to } : {}),
    ...(options.reason ? { reason: options.reason } : {}),
    ...(options.requestedBy ? { requestedBy: options.requestedBy } : {}),
    ...(options.incident ? { incident: options.incident } : {}),
    ...(options.symptom ? { symptoms: options.symptom } : {}),
    ...(options.tried ? { mitigationsTried: options.tried } : {}),
    ...(options.severity ? { severity: options.severity } : {}),
    ...(options.trigger ? { trigger: options.trigger } : {}),
    ...(options.breakGlass === undefined ? {} : { breakGlass: options.breakGlass }),
    ...(options.join ? { ifRunning: 'join' } : {}),
    ...(options.dryRun ? { dryRun: true } : {}),
    ...(options.force ? { force: true } : {}),
  };
  if (group !== undefined && options.trigger !== undefined) {
    throw new CommandError(EXIT.usage, 'a group takes no --trigger: its members are rolled back as a whole');
  }
  await using session = await openSession(options);
  const workflowId = options.workflowId ?? (options.dryRun ? planId(group ?? service) : undefined);
  const ids = workflowId ? { workflowId } : {};
  const report = await followToTheEnd(session, options, () =>
    group === undefined
      ? startRollback(session.client, withService(request, session), ids)
      : startRollbackGroup(session.client, { ...request, group }, ids),
  );
  if (!report || !options.dryRun || options.json) return;
  const need = needOf(report);
  if (need) showNeed(need, out);
  if (report.plan) showPlan(report.plan, out);
  if (report.groupPlan) showGroupPlan(report.groupPlan, out);
}

/** A dry run never stands in the way of a real one. */
function planId(name: string | undefined): string {
  return ['plan', name, Date.now().toString(36)].filter(Boolean).join('/');
}
