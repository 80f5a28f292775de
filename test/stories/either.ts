/** Stories that say the same of each target: what they need of a stage, whichever it is. */
import { afterAll, beforeAll, describe } from 'vitest';
import { composeHostProblem } from '../../sandbox/compose/index.ts';
import type { Receiver } from '../../sandbox/demo/receiver.ts';
import type { RunReport } from '../../src/domain/ledger/ledger.ts';
import type { Managed } from '../../tools/processes/index.ts';
import { EVERYTHING } from '../faults/rows.ts';
import { openComposeEither } from './either-compose.ts';
import { openKubernetesEither } from './either-kubernetes.ts';
import type { CastRuns } from './stage-runs.ts';
import type { TemporalClients } from './stage-temporal.ts';

/** A stage of either target. */
export interface EitherStage extends Pick<TemporalClients, 'client'> {
  /** How many bytes the history of a standard run may have. */
  readonly largestHistory: number;
  cast(name: string, options?: EitherOptions): Promise<EitherCast>;
  close(): Promise<void>;
}

export interface EitherOptions {
  readonly profile?: Readonly<Record<string, unknown>>;
  readonly checks?: Readonly<Record<string, unknown>>;
  /** Default: a worker in this process. */
  readonly worker?: boolean;
  /** A rollback to `v0.1.0-slow-ready` takes some seconds until it is up. */
  readonly slow?: boolean;
}

/** The service of one story and what can be done with it. */
export interface EitherCast extends CastRuns {
  readonly channel: Receiver;
  /** A worker that is a program of its own. */
  startWorker(): Promise<Managed>;
  /** Deploys a release as people do. `v0.2.0` comes with other settings too. */
  deploy(tag: string): Promise<void>;
  /** The tag of what runs. */
  running(): Promise<string>;
  /** What a rollback brings back: of two equal ones the same version runs, with the same settings. */
  state(): Promise<unknown>;
  /** What belongs to the service and to no version of it: a rollback leaves it alone. */
  leftAlone(): Promise<unknown>;
  /** @returns what gives the number of changes that the service has taken from then on. */
  countChanges(): Promise<() => Promise<number>>;
  /** The evidence that a verification has recorded. */
  evidence(report: RunReport): Promise<unknown>;
}

interface Target {
  readonly name: string;
  /** A workload of another kind than the first one: only where its difference matters, and in the long form. */
  readonly isFurtherKind?: true;
  /** Why it cannot be had here. */
  readonly problem: string | undefined;
  open(): Promise<EitherStage>;
}

const TARGETS: readonly Target[] = [
  { name: 'a Deployment', problem: undefined, open: () => openKubernetesEither('Deployment') },
  {
    name: 'a StatefulSet',
    isFurtherKind: true,
    problem: undefined,
    open: () => openKubernetesEither('StatefulSet'),
  },
  { name: 'a Compose service', problem: await composeHostProblem(), open: openComposeEither },
];

/**
 * Tells the stories of each target, on a stage that they share.
 * @param title of the stories of one, whose name stands for `$name`.
 * @param kinds whether workloads of every kind are gone through in the short form too.
 */
export function onEither(
  title: string,
  tell: (stage: () => EitherStage) => void,
  kinds: 'first' | 'every' = 'first',
): void {
  const told = TARGETS.filter(({ isFurtherKind }) => kinds === 'every' || EVERYTHING || !isFurtherKind);
  for (const { name, problem, open } of told) {
    const titled = title.replace('$name', name);
    describe.skipIf(problem)(problem ? `${titled} (${problem})` : titled, () => {
      let stage: EitherStage | undefined;
      beforeAll(async () => {
        stage = await open();
      });
      afterAll(() => stage?.close());
      tell(() => stage!);
    });
  }
}
