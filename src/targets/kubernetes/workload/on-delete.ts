import { shellWord } from '../../../domain/media/shell.ts';
import type { Pod, Workload } from '../api/resources.ts';
import type { HeldPods } from './workload.ts';

/** Whether pods are replaced only when somebody deletes them. */
export function isOnDelete({ spec }: Workload): boolean {
  return spec.updateStrategy?.type === 'OnDelete';
}

/** What is said before a change that nothing rolls out by itself. */
export function onDelete(name: string, word: string): string {
  return `${word}/${name} has updateStrategy OnDelete: no pod is replaced by itself; after the change those of another version wait for a person who deletes them`;
}

/** Pods that wait to be deleted. */
export function heldOnDelete({ metadata }: Workload, pods: readonly Pod[]): HeldPods | undefined {
  if (pods.length === 0) return undefined;
  const names = pods.map((pod) => shellWord(pod.metadata.name)).join(' ');
  return {
    pods,
    because: 'updateStrategy OnDelete',
    remedy: `kubectl delete pod ${names} -n ${metadata.namespace ?? ''}`,
  };
}
