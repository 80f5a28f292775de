import type { CheckSettings } from '../checks/catalogue.ts';
import type { CheckId } from '../domain/proof/checks.ts';
import type { GroupOrder, OnFailure } from '../domain/request/group.ts';
import type { RunPolicy } from '../domain/request/policy.ts';
import type { Auth, ConfigPolicy, SecretReference, TargetProfile } from '../domain/request/profile.ts';
import type { NotifierSettings } from '../notifiers/catalogue.ts';
import type { PreconditionSettings } from '../preconditions/catalogue.ts';
import type { CriticalRules } from '../settings/rules/schema.ts';
import type { SignalsProfile } from '../signals/profile.ts';
import type { PrometheusSettings } from '../signals/prometheus/settings.ts';

/** One service of runbook.yaml, with every default filled in. No workflow sees it: it holds addresses. */
export interface ServiceProfile {
  readonly name: string;
  readonly environment: string;
  readonly target: TargetProfile;
  /** Base address of the service's API. */
  readonly endpoint: string;
  readonly auth: Auth;
  /** The checks that are switched on. */
  readonly checks: CheckSettings;
  /** Checks whose verdict counts; the others are recorded only. */
  readonly required: readonly CheckId[];
  /** Where evidence has to be signed: with what. */
  readonly signingKey?: SecretReference;
  /** Whether the content of Secrets is kept with what is proved. */
  readonly keepsSecrets?: boolean;
  /** How config goes back; none: by references to copies. */
  readonly configPolicy?: ConfigPolicy;
  /** What has to hold for the config that will be live; without it nothing is judged, and nothing is read for it. */
  readonly critical?: CriticalRules;
  /** What is measured of the service, and how; without it nothing is read. */
  readonly signals?: SignalsProfile;
  /** Image repositories that the service may be given; default: that of what runs and of its history. */
  readonly repositories?: readonly string[];
  /** Where signals are read that are PromQL; without it none is. */
  readonly prometheus?: PrometheusSettings;
  /** Names of settings whose values a plan never shows, `*` for any characters. */
  readonly masked?: readonly string[];
  readonly notify: readonly NotifierSettings[];
  /** What has to hold before a rollback; none: nothing is looked at. */
  readonly preconditions?: PreconditionSettings;
  readonly policy: RunPolicy;
  /** How long a run may wait for a worker before it is too late for it, in ms. */
  readonly startWithinMs: number;
  /** SHA-256 over the profile as written, first 12 digits. */
  readonly hash: string;
}

/** A group of services that are rolled back together. */
export interface GroupProfile {
  readonly name: string;
  /** Services of the same file, in the order in which they are changed. */
  readonly members: readonly string[];
  readonly order: GroupOrder;
  readonly onFailure: OnFailure;
}

/** The whole of runbook.yaml. */
export interface RunbookConfig {
  readonly services: Readonly<Record<string, ServiceProfile>>;
  /** Services that are rolled back together; none of them has the name of a service. */
  readonly groups: Readonly<Record<string, GroupProfile>>;
  /** Folder for incident records. */
  readonly records: string;
}
