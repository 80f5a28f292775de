import type { StepId } from '../../src/domain/steps/steps.ts';
import type { Kept, Processes } from '../../tools/processes/index.ts';
import type { TemporalServer } from '../../tools/temporal-server.ts';
import type { SandboxPrometheus } from '../prometheus/index.ts';
import type { FoundProcess } from './chaos/processes.ts';
import type { Victim } from './chaos/victims.ts';

/** The versions of the story. */
export type Release = 'v0.1.0' | 'v0.1.0-slow-ready' | 'v0.2.0' | 'v0.2.1' | 'v0.2.2';

export interface WorldOptions {
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
  /** A language model that every release asks, and a Prometheus that scrapes the service; default: neither. */
  readonly measured?: { readonly provider: string } | undefined;
}

/** What a Prometheus of the world sees of the service. */
export interface MeasuredService {
  readonly prometheus: SandboxPrometheus;
  /** The label of its series. */
  readonly job: string;
  /** Waits until every instance of now was scraped. */
  scraped(): Promise<void>;
}

/** What the story needs of a world: the service as it is deployed there. */
export interface DemoWorld extends AsyncDisposable {
  /** A folder that ends with the world. */
  readonly folder: string;
  readonly temporal: TemporalServer;
  readonly processes: Processes;
  /** What listens where, beside Temporal. */
  readonly listens: string;
  /** Base address of the service's API. */
  readonly serviceUrl: string;
  /** Writes the runbook.yaml of the service. @returns its path. */
  writeConfig(options: WorldConfig): Promise<string>;
  /** Deploys as people do, and waits until the release runs. */
  deploy(release: Release): Promise<void>;
  /** What stands there now, a line each; nothing where the steps have said all. */
  show(): Promise<readonly string[]>;
  /** Where it was opened to be measured. */
  readonly measured?: MeasuredService;
  /** Where releases bring their config along: one is bad by that alone. */
  readonly config?: ReleaseConfig;
  /** What else can be found where, a line each. */
  readonly whereabouts: readonly string[];
  /** Variables that a terminal needs to look at the world. */
  readonly terminal: Readonly<Record<string, string>>;
  /** Commands that look at the world, and the ones that deploy the bad release again. */
  readonly commands: readonly string[];
  readonly chaos: ChaosWorld;
}

/** The config that a release is deployed with. */
export interface ReleaseConfig {
  /** `its ConfigMap orchestrator-config` */
  readonly called: string;
  /** What is so after the rollback: `nobody’s config was overwritten` */
  readonly kept: string;
  /** What the service takes its config from now, as a sentence. */
  inUse(): Promise<string>;
}

/** What the profile of the service says beside what its world knows. */
export interface WorldConfig {
  readonly records: string;
  readonly slackFile: string;
  /** A rollout and checks that take seconds, so that something can happen in the middle of it. */
  readonly slow?: boolean;
  /** Merged into the profile. */
  readonly profile?: Readonly<Record<string, unknown>>;
}

/** What a world is like when everything in it is killed. */
export interface ChaosWorld {
  /** Why this world cannot be treated so. */
  readonly problem?: string;
  /** The good release: it takes seconds to come up. */
  readonly good: Release;
  /** What a worker program needs of this world. */
  readonly environment: Readonly<Record<string, string>>;
  /** The processes that the sandbox's supervisor brings back. */
  readonly kept: readonly Kept[];
  /** Who brings back another process of this world, if anybody does. */
  lookedAfter(found: FoundProcess): Promise<Victim | undefined>;
  /** Steps of a rollback that last long enough to kill something in the middle of them, in their order. */
  readonly steps: readonly StepId[];
  /** The step in which a kill hurts most, by the name of what is killed. */
  readonly wanted: Readonly<Record<string, StepId>>;
  /** Begins to count what the runbook does to the service. */
  effects(): Promise<Effects>;
}

/** Effective changes of the service since some moment, as somebody saw them who is not the runbook. */
export interface Effects extends AsyncDisposable {
  /** `writes that the API server took, by its audit log` */
  readonly what: string;
  count(): Promise<number>;
}

/** A kind of world: what it is made of, and how it is opened. */
export interface WorldKind {
  /** `Temporal, the Kubernetes API server …` */
  readonly parts: string;
  /** How the demo is told to open it; none is needed for the usual one. */
  readonly option?: string;
  /** @throws ToolMissing, SandboxUnavailable, and the signal's reason when it aborts. */
  open(options: WorldOptions): Promise<DemoWorld>;
}
