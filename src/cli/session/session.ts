import type { Client } from '@temporalio/client';

/** Where a command's workflow runs. */
export interface SessionOptions {
  readonly embedded?: boolean;
  readonly config?: string;
  readonly profile?: string;
  readonly ui?: string;
}

/** A connection to Temporal; in embedded mode with a server and a worker of its own. */
export interface Session extends AsyncDisposable {
  readonly client: Client;
  readonly namespace: string;
  /** True when server and worker end with this command. */
  readonly embedded: boolean;
  /** The one service of this command's own worker. Otherwise the workers are asked. */
  readonly onlyService?: string;
  /** Ends the command when nobody would take the run up: it would begin whenever a worker comes, perhaps hours later. */
  expectWorker(): Promise<void>;
  /** What has to stand in front of `runbook` for another command to reach the same server; mostly nothing. */
  readonly prefix: string;
  /** Address of a run in the Temporal UI, when the UI is known. */
  link(workflowId: string, runId: string): string | undefined;
}

/** The request with the one service of the command's own worker, where it names none. */
export function withService<R extends { readonly service?: string }>(
  request: R,
  { onlyService }: Pick<Session, 'onlyService'>,
): R {
  return onlyService === undefined ? request : { service: onlyService, ...request };
}
