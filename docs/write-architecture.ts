import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECK_IDS, CHECKS, type CheckRow } from '../src/domain/proof/checks.ts';
import { STEP_IDS, STEPS, type StepRow } from '../src/domain/steps/steps.ts';
import { between, table } from './tables.ts';

const PAGE = join(import.meta.dirname, 'architecture.md');

/** The rows of steps and checks as tables, between the marks of docs/architecture.md. */
export function withCatalogues(page: string): string {
  return between(between(page, 'steps', stepTable()), 'checks', checkTable());
}

function stepTable(): readonly string[] {
  const rows = STEP_IDS.map((id) => {
    const { runbook, phase, retries, changes, skippable, asks, onRetry, keeps }: StepRow = STEPS[id];
    const asked = asks === 'nobody' ? ['nobody', ''] : ['operators', onRetry];
    return [`\`${id}\``, runbook, phase, retries, yes(changes), yes(skippable), ...asked, keeps];
  });
  const columns = ['step', 'runbook', 'phase', 'retry profile', 'changes the service', 'may be skipped'];
  return table([...columns, 'asks', 'a retry leads to', 'keeps'], rows);
}

function checkTable(): readonly string[] {
  const rows = CHECK_IDS.map((id) => {
    const { runbook, after, stopsRest, asks, discountsOwnPlans }: CheckRow = CHECKS[id];
    return [`\`${id}\``, runbook, after.join(', '), yes(stopsRest), asks, yes(discountsOwnPlans)];
  });
  return table(['check', 'runbook', 'after', 'stops the rest', 'asks', 'discounts our own plans'], rows);
}

function yes(holds: boolean): string {
  return holds ? 'yes' : '';
}

if (import.meta.main) writeFileSync(PAGE, withCatalogues(readFileSync(PAGE, 'utf8')));
