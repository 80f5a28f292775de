/** Any JSON as the API server sent it: templates are kept raw, because typed models drop fields they do not know. */
export type RawJson = string | number | boolean | null | RawJson[] | RawObject;
export interface RawObject {
  [key: string]: RawJson | undefined;
}

export interface OwnerReference {
  readonly uid: string;
  readonly controller?: boolean;
  readonly kind?: string;
  readonly name?: string;
}

export interface ManagedField {
  readonly manager?: string;
  readonly operation?: string;
  readonly time?: string;
  readonly subresource?: string;
  readonly fieldsV1?: RawObject;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  /** What the name of an object that a controller made begins with. */
  readonly generateName?: string;
  readonly finalizers?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly managedFields?: readonly ManagedField[];
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastUpdateTime?: string;
  readonly lastTransitionTime?: string;
}

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

/** The fields of an apps/v1 Deployment, StatefulSet or DaemonSet that are read here; the template stays raw. */
export interface Workload {
  readonly metadata: ObjectMeta;
  readonly spec: {
    readonly replicas?: number;
    readonly paused?: boolean;
    readonly revisionHistoryLimit?: number;
    readonly progressDeadlineSeconds?: number;
    readonly minReadySeconds?: number;
    readonly strategy?: {
      readonly type?: string;
      readonly rollingUpdate?: {
        readonly maxSurge?: number | string;
        readonly maxUnavailable?: number | string;
      };
    };
    readonly updateStrategy?: {
      readonly type?: string;
      readonly rollingUpdate?: {
        readonly partition?: number;
        readonly maxSurge?: number | string;
        readonly maxUnavailable?: number | string;
      };
    };
    readonly podManagementPolicy?: string;
    readonly ordinals?: { readonly start?: number };
    readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[];
    readonly selector: LabelSelector;
    readonly template: RawObject;
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
    readonly availableReplicas?: number;
    readonly desiredNumberScheduled?: number;
    readonly currentNumberScheduled?: number;
    readonly updatedNumberScheduled?: number;
    readonly numberReady?: number;
    readonly numberAvailable?: number;
    readonly numberMisscheduled?: number;
    readonly conditions?: readonly Condition[];
  };
}

export interface ReplicaSet {
  readonly metadata: ObjectMeta;
  readonly spec: { readonly template: RawObject };
}

/** One template of the history of a StatefulSet or DaemonSet: `data` is the patch that brings it back. */
export interface ControllerRevision {
  readonly metadata: ObjectMeta;
  readonly data: RawObject;
  readonly revision: number;
}

/** A template that is kept as an object of its own (core/v1); nothing is made of it. */
export interface PodTemplate {
  readonly metadata: ObjectMeta;
  readonly template: RawObject;
}

export interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: { readonly startedAt?: string };
  readonly terminated?: { readonly reason?: string; readonly exitCode?: number; readonly message?: string };
}

export interface ContainerStatus {
  readonly name: string;
  readonly image?: string;
  readonly ready?: boolean;
  /** False until the startup probe has passed. */
  readonly started?: boolean;
  readonly restartCount?: number;
  readonly imageID?: string;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}

export interface Pod {
  readonly metadata: ObjectMeta;
  readonly spec?: {
    readonly nodeName?: string;
    readonly initContainers?: readonly { readonly name: string; readonly restartPolicy?: string }[];
    readonly readinessGates?: readonly { readonly conditionType: string }[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly podIP?: string;
    readonly startTime?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

export interface ConfigMap {
  readonly metadata: ObjectMeta;
  readonly data?: Readonly<Record<string, string>>;
}

/** Label that the Deployment controller adds to the templates of its ReplicaSets and to their pods. */
export const HASH_LABEL = 'pod-template-hash';
export const REVISION_ANNOTATION = 'deployment.kubernetes.io/revision';

/** The kinds of objects that are touched, each with where the API server has it. */
const COLLECTIONS = {
  deployments: 'apis/apps/v1',
  statefulsets: 'apis/apps/v1',
  daemonsets: 'apis/apps/v1',
  cronjobs: 'apis/batch/v1',
  replicasets: 'apis/apps/v1',
  controllerrevisions: 'apis/apps/v1',
  pods: 'api/v1',
  events: 'api/v1',
  configmaps: 'api/v1',
  podtemplates: 'api/v1',
  secrets: 'api/v1',
  serviceaccounts: 'api/v1',
  persistentvolumeclaims: 'api/v1',
  resourceclaims: 'apis/resource.k8s.io/v1',
  resourceclaimtemplates: 'apis/resource.k8s.io/v1',
  priorityclasses: 'apis/scheduling.k8s.io/v1',
  runtimeclasses: 'apis/node.k8s.io/v1',
  storageclasses: 'apis/storage.k8s.io/v1',
  nodes: 'api/v1',
  resourcequotas: 'api/v1',
  limitranges: 'api/v1',
  poddisruptionbudgets: 'apis/policy/v1',
  horizontalpodautoscalers: 'apis/autoscaling/v2',
  // Kinds of others, which an API server need not have.
  verticalpodautoscalers: 'apis/autoscaling.k8s.io/v1',
  applications: 'apis/argoproj.io/v1alpha1',
  rollouts: 'apis/argoproj.io/v1alpha1',
  canaries: 'apis/flagger.app/v1beta1',
  kustomizations: 'apis/kustomize.toolkit.fluxcd.io/v1',
  helmreleases: 'apis/helm.toolkit.fluxcd.io/v2',
} as const;
export type Resource = keyof typeof COLLECTIONS;

/** The API group of a kind, as RBAC names it; empty for the core. */
export function groupOf(resource: Resource): string {
  const [root, group = ''] = COLLECTIONS[resource].split('/');
  return root === 'apis' ? group : '';
}

/** `apps/v1`, as objects of the kind have it. */
export function apiVersionOf(resource: Resource): string {
  return COLLECTIONS[resource].replace(/^apis?\//, '');
}

/** Kinds that are in no namespace. */
const CLUSTER_SCOPED: readonly Resource[] = ['nodes', 'priorityclasses', 'runtimeclasses', 'storageclasses'];

/** Whether the kind is one that is touched. */
export function isResource(name: string): name is Resource {
  return Object.hasOwn(COLLECTIONS, name);
}

/** Whether objects of the kind are in a namespace. */
export function isNamespaced(resource: Resource): boolean {
  return !CLUSTER_SCOPED.includes(resource);
}

/** Path of a collection, or of one object in it. @param namespace of a kind that is in one. */
export function pathOf(resource: Resource, namespace: string, name?: string): string {
  const place = isNamespaced(resource) ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  const collection = `/${COLLECTIONS[resource]}${place}/${resource}`;
  return name === undefined ? collection : `${collection}/${encodeURIComponent(name)}`;
}

/** A label selector as the `labelSelector` query has it (Kubernetes: set-based requirements). */
export function selectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const equal = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  const sets = matchExpressions.map(({ key, operator, values = [] }) => {
    switch (operator) {
      case 'In':
        return `${key} in (${values.join(',')})`;
      case 'NotIn':
        return `${key} notin (${values.join(',')})`;
      case 'DoesNotExist':
        return `!${key}`;
      default:
        return key;
    }
  });
  return [...equal, ...sets].join(',');
}

/** True when the object's controller is the one with this uid (`metav1.IsControlledBy`). */
export function isControlledBy(object: { readonly metadata: ObjectMeta }, uid: string): boolean {
  return object.metadata.ownerReferences?.some((owner) => owner.controller && owner.uid === uid) === true;
}

/** The uid of the object's controller. */
export function controllerOf(object: { readonly metadata: ObjectMeta }): string | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller)?.uid;
}
