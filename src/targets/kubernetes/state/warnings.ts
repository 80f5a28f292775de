import { shellWord } from '../../../domain/media/shell.ts';
import type { RawObject, Workload } from '../api/resources.ts';
import { ofHelm } from '../config/config-source.ts';
import { imageOf, objectAt } from '../template/pod-template.ts';
import { isObserved, type WorkloadKind } from '../workload/workload.ts';
import { touchesTemplate } from './managers.ts';

/** What the history says that the warnings need. */
export interface HistoryFacts {
  readonly container: string;
  /** The newest version before the current one. */
  readonly previous?: { readonly image: string; readonly revision: number };
}

/** Who puts the workload back to what Git says. */
export interface GitManager {
  readonly name: 'Argo CD' | 'Flux';
  /** Annotations, labels and field managers that tell of it. */
  readonly finds: RegExp;
  /** How it is told to leave the workload alone. */
  readonly pause: string;
}

const GITOPS: readonly GitManager[] = [
  {
    name: 'Argo CD',
    finds: /^(argocd\.argoproj\.io\/|argocd-)/,
    pause: 'suspend auto-sync of its Application, or it reverts the rollback',
  },
  {
    name: 'Flux',
    finds: /^(kustomize\.toolkit\.fluxcd\.io\/|helm\.toolkit\.fluxcd\.io\/|(kustomize|helm)-controller$)/,
    pause: 'suspend its Kustomization or HelmRelease, or it reverts the rollback',
  },
];

/** Things that an operator should know before the rollback. Pure. */
export function warningsOf(kind: WorkloadKind, live: Workload, facts: HistoryFacts): readonly string[] {
  return [
    ...kind.warnings(live),
    ...managedByGit(kind, live),
    ...ofHelmRelease(kind, live),
    ...appliedServerSide(kind, live),
    ...inRepoControllers(kind, live),
    ...rolloutUnderWay(kind, live),
    ...thinHistory(kind, live),
    ...sameImage(live, facts),
  ];
}

/** Who manages the workload from Git, by the traces that it has left on it. Pure. */
export function gitManagers({ metadata }: Pick<Workload, 'metadata'>): readonly GitManager[] {
  const traces = [
    ...Object.keys(metadata.annotations ?? {}),
    ...Object.keys(metadata.labels ?? {}),
    ...(metadata.managedFields ?? []).flatMap(({ manager }) => (manager ? [manager] : [])),
  ];
  return GITOPS.filter(({ finds }) => traces.some((trace) => finds.test(trace)));
}

function managedByGit({ kind }: WorkloadKind, live: Workload): readonly string[] {
  const { metadata } = live;
  const owners = gitManagers(live);
  const warnings = owners.map(({ name, pause }) => `${name} manages this ${kind}: ${pause}`);
  const applied = metadata.annotations?.['kubectl.kubernetes.io/last-applied-configuration'] !== undefined;
  return applied && owners.length === 0
    ? [`the ${kind} is managed by kubectl apply: the next apply of the newer manifest brings it back`]
    : warnings;
}

function ofHelmRelease({ kind }: WorkloadKind, { metadata }: Workload): readonly string[] {
  const said = ofHelm(metadata, 'only its template is changed here');
  return said === '' ? [] : [`the ${kind} ${said}`];
}

/**
 * Whoever applies the template server-side owns its fields; the rollback takes those that it changes, and the next apply
 * conflicts. GitOps controllers take them back by force.
 */
function appliedServerSide({ kind }: WorkloadKind, { metadata }: Workload): readonly string[] {
  const managers = (metadata.managedFields ?? [])
    .filter((entry) => entry.operation === 'Apply' && !entry.subresource && touchesTemplate(entry))
    .flatMap(({ manager }) => (manager ? [manager] : []))
    .filter((manager) => !GITOPS.some(({ finds }) => finds.test(manager)));
  return [...new Set(managers)].map((manager) => {
    const by = manager === 'kubectl' ? '' : ` --field-manager=${shellWord(manager)}`;
    return (
      `${JSON.stringify(manager)} applies this ${kind} server-side: its next apply conflicts with the fields that a rollback ` +
      `changes, and takes them over with: kubectl apply --server-side --force-conflicts${by} -f <manifest>`
    );
  });
}

/** Deployments of the controllers that the phoenix-orch repository has of its own (service contract, 8.6). */
export const IN_REPO_CONTROLLERS = ['rollback-controller', 'health-validator'] as const;

/**
 * The controllers of the phoenix-orch repository answer a fault by writing change-cause into the pod template,
 * which rolls out the same bad version again (service contract, 8.6).
 */
function inRepoControllers({ kind }: WorkloadKind, live: Workload): readonly string[] {
  return hasInRepoTraces(live)
    ? [
        `the rollback-controller or health-validator has written to this ${kind}: stop it, or it starts further rollouts`,
      ]
    : [];
}

/** Whether one of them has written to the workload. Pure. */
export function hasInRepoTraces({ metadata, spec }: Workload): boolean {
  const annotations: RawObject = objectAt(objectAt(spec.template, 'metadata'), 'annotations');
  const wrote = metadata.managedFields?.some(({ manager = '' }) =>
    IN_REPO_CONTROLLERS.some((name) => manager.includes(name)),
  );
  return wrote === true || annotations['kubernetes.io/change-cause'] !== undefined;
}

function rolloutUnderWay(kind: WorkloadKind, live: Workload): readonly string[] {
  if (!isObserved(live)) {
    return [`the last change of the ${kind.kind} is not yet picked up by its controller`];
  }
  const { wanted, counts, isComplete } = kind.view(live);
  if (counts.updated >= wanted) return [];
  const some = `${counts.updated} of ${wanted} ${kind.unit} are of the current version`;
  return [isComplete ? `${some}; the others wait for a person` : `a rollout is under way: ${some}`];
}

function thinHistory({ kind }: WorkloadKind, { spec }: Workload): readonly string[] {
  return spec.revisionHistoryLimit === 0
    ? [`spec.revisionHistoryLimit is 0: Kubernetes keeps no earlier version of this ${kind}`]
    : [];
}

function sameImage({ spec }: Workload, { container, previous }: HistoryFacts): readonly string[] {
  return previous !== undefined && previous.image === imageOf(spec.template, container)
    ? [
        `revision ${previous.revision} before this one has the same image; only the rest of the template differs`,
      ]
    : [];
}
