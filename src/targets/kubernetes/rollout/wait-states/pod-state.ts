import { capped } from '../../api/api-error.ts';
import type { Condition, Pod } from '../../api/resources.ts';
import { isReady, statusesOf } from '../../workload/pods.ts';
import { stateOfContainer } from './container-state.ts';
import { byUrgency, type Finding, STATES, type StateId } from './rows.ts';

/** How restarts are counted. */
export interface RestartCount {
  readonly crashLoopRestarts: number;
  /** Restarts of a container of this pod that are from an earlier time. */
  readonly before: (container: string) => number;
}

/**
 * The states that an active pod of the target version is in, the most urgent first; none for one that is ready, whatever
 * has happened before. Pure.
 */
export function statesOfPod(pod: Pod, restarts: RestartCount): readonly Finding[] {
  if (isReady(pod)) return [];
  const unscheduled = falseCondition(pod, 'PodScheduled');
  if (unscheduled) return [of(pod, 'unschedulable', wordsOf(unscheduled, 'not scheduled'))];
  const found = [
    ...disruptionOf(pod),
    ...sandboxOf(pod),
    ...containersOf(pod, restarts),
    ...readinessOf(pod),
  ].toSorted(byUrgency);
  return found.length > 0 ? found : [of(pod, 'starting', pod.status?.phase ?? 'Pending')];
}

/** The state of a pod that has ended for good: its ReplicaSet makes another. */
export function stateOfEndedPod(pod: Pod): Finding {
  const { phase, message = '', reason = phase === 'Succeeded' ? 'Completed' : 'Failed' } = pod.status ?? {};
  return of(pod, 'disrupted', [reason, capped(message, 200)].filter(Boolean).join(': '));
}

function containersOf(pod: Pod, { crashLoopRestarts, before }: RestartCount): readonly Finding[] {
  return statusesOf(pod).flatMap(({ status, isInit }) => {
    const { name: container } = status;
    const restartsBefore = before(container);
    const { state, text } = stateOfContainer(status, { crashLoopRestarts, restartsBefore, isInit });
    return STATES[state].ends === 'no-trouble' ? [] : [{ ...of(pod, state, text), container }];
  });
}

function sandboxOf(pod: Pod): readonly Finding[] {
  const missing = falseCondition(pod, 'PodReadyToStartContainers');
  return missing ? [of(pod, 'no-sandbox', wordsOf(missing, 'PodReadyToStartContainers is false'))] : [];
}

function disruptionOf(pod: Pod): readonly Finding[] {
  const disrupted = conditionOf(pod, 'DisruptionTarget');
  return disrupted?.status === 'True' ? [of(pod, 'disrupted', wordsOf(disrupted, 'DisruptionTarget'))] : [];
}

/** Why a pod is not ready whose containers are. */
function readinessOf(pod: Pod): readonly Finding[] {
  if (conditionOf(pod, 'ContainersReady')?.status !== 'True') return [];
  const gates = (pod.spec?.readinessGates ?? [])
    .map(({ conditionType }) => conditionType)
    .filter((type) => conditionOf(pod, type)?.status !== 'True');
  if (gates.length > 0) {
    const named = gates.map((gate) => gateText(gate, conditionOf(pod, gate)));
    return [of(pod, 'readiness-gate', named.join(', '))];
  }
  const ready = conditionOf(pod, 'Ready');
  return [
    of(
      pod,
      'node-not-ready',
      `its containers are ready; ${ready ? wordsOf(ready, 'Ready is false') : 'no condition Ready'}`,
    ),
  ];
}

function gateText(gate: string, condition: Condition | undefined): string {
  if (!condition) return `readiness gate ${gate} is not set`;
  return `readiness gate ${gate} is ${condition.status}${condition.message || condition.reason ? ` (${wordsOf(condition, '')})` : ''}`;
}

function of({ metadata }: Pod, state: StateId, text: string): Finding {
  return { state, pod: metadata.name, text };
}

function conditionOf({ status }: Pod, wanted: string): Condition | undefined {
  return status?.conditions?.find(({ type }) => type === wanted);
}

function falseCondition(pod: Pod, type: string): Condition | undefined {
  const condition = conditionOf(pod, type);
  return condition?.status === 'False' ? condition : undefined;
}

function wordsOf({ reason, message = '' }: Condition, otherwise: string): string {
  return [reason || otherwise, capped(message, 200)].filter(Boolean).join(': ');
}
