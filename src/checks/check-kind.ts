import type * as z from 'zod';
import type { CheckId } from '../domain/proof/checks.ts';
import type { SettingsFrom } from '../schema-parts/settings.ts';
import type { Check } from './check.ts';
import type { CheckPolicy } from './check-policy.ts';
import type { Authorise } from './http/auth.ts';

/** The service that a check probes. */
export interface ProbedService {
  /** Base address of its API. */
  readonly endpoint: string;
  readonly authorise: Authorise;
}

/** What is wrong between settings that are right by themselves. */
export interface SettingsFault {
  readonly key: string;
  readonly message: string;
}

/** One kind of check: what can be set, and how a check is made of it. A folder exports one of these. */
export interface CheckKind<Id extends CheckId = CheckId, Settings extends CheckPolicy = CheckPolicy> {
  readonly id: Id;
  /** Its section under `checks:` in runbook.yaml, with every default. */
  readonly settings: z.ZodType<Settings>;
  /** Whether a service that says nothing of the check has it. */
  readonly onByDefault: boolean;
  /** Cross-checks between its settings, beside those that every check has. */
  faults(settings: Settings): readonly SettingsFault[];
  /** A fresh check: it remembers its probes. */
  create(settings: Settings, service: ProbedService): Check<Id>;
}

/** A kind whose settings are what its schema gives. */
export function checkKind<const Id extends CheckId, Schema extends z.ZodType<CheckPolicy>>(
  kind: CheckKind<Id, SettingsFrom<Schema>> & { readonly settings: Schema },
) {
  return kind;
}
