import { describe, expect, test } from 'vitest';
import type { RolloutFinished } from '../../../src/domain/versions/pins.ts';
import { until } from '../../../tools/until.ts';
import { realKubectl } from './real-kubectl.ts';
import { context, openWorld, type Service } from './world.ts';

const { cluster, service } = openWorld({ concurrent: true });

/** Of kubectl: until it is taken to wait for ever, where it is to, and within what it is done on the slowest machine. */
const WAITS_FOR_EVER_S = 4;
const DONE_WITHIN_S = 60;

/** What is done to a DaemonSet on two nodes that was at 0.1.0 and is at 0.2.0, or at what is given, before it goes back. */
interface Situation {
  readonly what: string;
  readonly versions?: readonly [string, string];
  readonly nodes?: number;
  /** Of our wait. */
  readonly deadlineMs?: number;
  /** kubectl is to wait for ever. */
  readonly standsStill?: true;
  readonly done?: (of: Service) => Promise<unknown>;
  /** `kubectl rollout undo`, then `kubectl rollout status`. */
  readonly kubectl: RegExp;
  /** How ours ends, and what it says. */
  readonly ours: RegExp;
}

const SUCCESS = /^0: .*successfully rolled out$/s;

const SITUATIONS: readonly Situation[] = [
  { what: 'on two nodes', kubectl: SUCCESS, ours: /^2 of it run$/ },
  {
    what: 'that no node takes',
    nodes: 0,
    kubectl: SUCCESS,
    ours: /^0 of it run: no node is to run a pod of it$/,
  },
  {
    what: 'with a cordoned node',
    done: (of) => cluster().nodes.cordon(of.nodes[0] ?? ''),
    kubectl: SUCCESS,
    ours: /^2 of it run$/,
  },
  {
    what: 'with a node that is lost',
    done: (of) => cluster().nodes.lose(of.nodes[0] ?? ''),
    deadlineMs: 4_000,
    standsStill: true,
    // It does not say what it waits for.
    kubectl: /^1: .*0 out of 1 new pods have been updated.*timed out/s,
    ours: /^RolloutTimedOut: .*old pod master-orchestrator-\w+ on node \S+-node-0 is still ending/,
  },
  {
    what: 'with a node that is lost, and maxUnavailable 2',
    done: async (of) => {
      await of.change({ spec: { updateStrategy: { rollingUpdate: { maxUnavailable: 2 } } } });
      await cluster().nodes.lose(of.nodes[0] ?? '');
    },
    // What runs on the lost node is the bad release; it does not say so.
    kubectl: SUCCESS,
    ours: /^1 of it run: what runs on 1 node is not counted, and may be of another version/,
  },
  {
    what: 'with updateStrategy OnDelete',
    done: (of) => of.change({ spec: { updateStrategy: { type: 'OnDelete', rollingUpdate: null } } }),
    kubectl: /^1: .*rollout status is only available for RollingUpdate strategy type$/s,
    ours: /^RolloutHeld: 0 of 2 nodes are of 0\.1\.0; .* wait for a person, .*: kubectl delete pod /,
  },
  {
    what: 'whose version before has lost its image',
    versions: ['v0.1.0-good', 'v0.2.0'],
    done: async (of) => {
      cluster().node.failPulls(of.namespace, 'v0.1.0-good', 'manifest unknown');
    },
    standsStill: true,
    // It names no pod and no cause.
    kubectl: /^1: .*Waiting for daemon set .* rollout to finish.*timed out/s,
    ours: /^RolloutFailed: pods of 0\.1\.0-good cannot start: pod .*manifest unknown/,
  },
];

async function withKubectl(of: Service, withinS: number): Promise<string> {
  const on = `daemonset/master-orchestrator -n ${of.namespace}`;
  const undone = await realKubectl(cluster(), `kubectl rollout undo ${on}`);
  expect(undone.output).toContain('rolled back');
  const { code, output } = await realKubectl(cluster(), `kubectl rollout status ${on} --timeout=${withinS}s`);
  return `${code}: ${output}`;
}

async function withOurs(of: Service): Promise<string> {
  const started = await of.target.rollBack(await of.pin(), context);
  return of.target
    .waitForRollout(started, context, () => {})
    .then(
      ({ instances, warnings = [] }: RolloutFinished) =>
        [`${instances.length} of it run`, ...warnings].join(': '),
      (error: Error & { type?: string }) => `${error.type}: ${error.message}`,
    );
}

describe.concurrent('a DaemonSet beside kubectl rollout undo and status', () => {
  test.each(SITUATIONS)(
    '$what',
    async ({
      versions = ['v0.1.0', 'v0.2.0'],
      nodes = 2,
      deadlineMs = 60_000,
      standsStill,
      done,
      kubectl,
      ours,
    }) => {
      const [theirs, own] = await Promise.all(
        [(of: Service) => withKubectl(of, standsStill ? WAITS_FOR_EVER_S : DONE_WITHIN_S), withOurs].map(
          async (how) => {
            const of = await service(versions, { kind: 'DaemonSet', nodes, rollout: { deadlineMs } });
            await done?.(of);
            await until('the controller to have seen it', async () => {
              const { metadata, status } = await of.live();
              return status.observedGeneration === metadata.generation;
            });
            return { said: await how(of), template: (await of.live()).spec.template.spec.containers };
          },
        ),
      );
      expect(theirs?.said).toMatch(kubectl);
      expect(own?.said).toMatch(ours);
      expect(own?.template).toEqual(theirs?.template);
    },
  );
});
