import type { TemporalServer } from '../../tools/temporal-server.ts';

/** The versions of the story. */
export type Release = 'v0.1.0' | 'v0.2.0';

export interface WorldOptions {
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
}

/** What the story needs of a world: the service as it is deployed there. */
export interface DemoWorld extends AsyncDisposable {
  /** A folder that ends with the world. */
  readonly folder: string;
  readonly temporal: TemporalServer;
  /** What listens where, beside Temporal. */
  readonly listens: string;
  /** Base address of the service's API. */
  readonly serviceUrl: string;
  /** Writes the runbook.yaml of the service. @returns its path. */
  writeConfig(options: { readonly records: string; readonly slackFile: string }): Promise<string>;
  /** Deploys as people do, and waits until the release runs. */
  deploy(release: Release): Promise<void>;
  /** What stands there now, a line each; nothing where the steps have said all. */
  show(): Promise<readonly string[]>;
  /** What else can be found where, a line each. */
  readonly whereabouts: readonly string[];
  /** Variables that a terminal needs to look at the world. */
  readonly terminal: Readonly<Record<string, string>>;
  /** Commands that look at the world, and the ones that deploy the bad release again. */
  readonly commands: readonly string[];
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
