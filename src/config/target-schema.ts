import * as z from 'zod';
import type { WorkloadKindName } from '../domain/workload-kind.ts';
import { duration, filePath, objectName, section, text } from '../schema-parts/parts.ts';

/** A path inside the Compose project's folder. */
const innerPath = () =>
  text(1024).refine((path) => !/^([~/\\]|[A-Za-z]:)/.test(path) && !path.split(/[/\\]/).includes('..'), {
    error: 'expected a path inside the project folder',
  });

/** The name of a service of a compose file (Compose specification, `^[a-zA-Z0-9._-]+$`). */
const serviceName = () =>
  z
    .string()
    .max(200)
    .regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]*$/, 'expected the name of a service: letters, digits, ., _ and -');

const crashLoopRestarts = () =>
  z
    .int()
    .min(1)
    .max(100)
    .default(3)
    .describe('Restarts of one container after which the version counts as broken, whatever the exit code.');

/** What names the workload: one of them, which a cross-check makes sure of. */
const workloadNames = {
  deployment: objectName()
    .optional()
    .describe('Name of the Deployment. Exactly one of deployment, statefulSet and daemonSet.'),
  statefulSet: objectName()
    .optional()
    .describe('Name of the StatefulSet, where it is one (deploy/rbac-statefulset.yaml).'),
  daemonSet: objectName()
    .optional()
    .describe('Name of the DaemonSet, where it is one (deploy/rbac-daemonset.yaml).'),
} satisfies Record<Uncapitalize<WorkloadKindName>, z.ZodType>;

export const kubernetesSchema = section({
  namespace: objectName().describe('Namespace of the service.'),
  ...workloadNames,
  container: objectName()
    .optional()
    .describe("Container whose image is the version; default: the workload's name."),
  kubeconfig: filePath()
    .optional()
    .describe('Kubeconfig file; default: KUBECONFIG, ~/.kube/config, or the service account of the pod.'),
  context: text()
    .optional()
    .describe(
      'Context in the kubeconfig; default: the one that is current when the worker starts, kept by its name.',
    ),
  pin: z
    .enum(['digest', 'tag'])
    .default('digest')
    .describe(
      'How the image of a version that was proved is written: repository:tag@digest, so that a tag that was pushed anew cannot bring other content, or repository:tag, compared after the rollout.',
    ),
  rollout: section({
    deadline: duration('1s', '29m')
      .prefault('10m')
      .describe('The wait for the rollout gives up after this long.'),
    crashLoopRestarts: crashLoopRestarts(),
  })
    .prefault({})
    .describe('Deadline of the rollout, and what ends it early.'),
});

export const composeSchema = section({
  directory: filePath().describe('Project folder; a relative path counts from the folder of this file.'),
  service: serviceName().describe('Name of the service in the compose file.'),
  files: z
    .array(innerPath())
    .min(1)
    .max(20)
    .optional()
    .describe('Compose files in their order, relative to the folder. Default: those that Compose finds.'),
  projectDirectory: innerPath()
    .optional()
    .describe(
      'Where relative paths begin (`--project-directory`), relative to the folder. Default: the folder of the first file.',
    ),
  envFiles: z
    .array(innerPath())
    .min(1)
    .max(20)
    .optional()
    .describe(
      'Files for interpolation (`--env-file`), relative to the folder. Default: .env of the project directory.',
    ),
  project: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'expected a project name: lower case letters, digits, - and _')
    .optional()
    .describe('Name of the Compose project. Default: the one that Compose would choose.'),
  startedElsewhere: z
    .enum(['refuse', 'allow'])
    .default('refuse')
    .describe(
      'When the containers were started from another folder (of a CI job, of another host): refuse, or take them for this project.',
    ),
  profiles: z.array(text(100)).max(20).default([]).describe('Compose profiles that are switched on.'),
  command: z
    .enum(['auto', 'docker compose', 'docker-compose'])
    .default('auto')
    .describe('The Compose command. auto: the plugin of docker, else the old program.'),
  context: text(200).optional().describe("Docker context. Default: the worker's environment."),
  host: z
    .string()
    .regex(
      /^(unix|tcp|ssh|npipe|fd|http|https):\/\/\S+$/,
      'expected an address such as unix:///var/run/docker.sock',
    )
    .optional()
    .describe("Address of the engine (DOCKER_HOST). Default: the worker's environment."),
  address: z
    .string()
    .regex(/^[0-9A-Za-z.:-]{1,253}$/, 'expected an address or a host name')
    .optional()
    .describe(
      "Where the containers' ports are reached. Default: the engine's host, or the container's own address.",
    ),
  pin: z
    .enum(['tag', 'digest'])
    .default('tag')
    .describe('How the image stands in the file afterwards: repository:tag, or repository:tag@digest.'),
  sharedImage: z
    .enum(['refuse', 'change'])
    .default('refuse')
    .describe(
      'When other services take their image from the same anchor or variable: refuse, or change it for all.',
    ),
  sharedFiles: z
    .enum(['refuse', 'change'])
    .default('refuse')
    .describe(
      'When a file that is changed is env file, config or mount of other services too: refuse, or change it for all.',
    ),
  config: z
    .enum(['restore', 'keep'])
    .default('restore')
    .describe('Whether env and config files go back to their recorded content together with the image.'),
  configFiles: z
    .array(innerPath())
    .max(50)
    .optional()
    .describe(
      "Further files that are the service's config, as in a folder that is mounted, relative to the folder.",
    ),
  restartDependants: z
    .boolean()
    .default(false)
    .describe('Restart the services whose depends_on names this one.'),
  sharedNamespaces: z
    .enum(['recreate', 'keep'])
    .default('recreate')
    .describe(
      'Services that share a namespace or volumes with this one (`network_mode: service:…`, `volumes_from`): make them anew with it, or leave them without.',
    ),
  state: innerPath()
    .default('.runbook')
    .describe('Folder for evidence, snapshots and audit log, relative to the project folder.'),
  pullTimeout: duration('1s', '15m').prefault('5m').describe('Time-out of one pull.'),
  rollout: section({
    deadline: duration('1s', '29m')
      .prefault('10m')
      .describe('The wait for the container gives up after this long.'),
    crashLoopRestarts: crashLoopRestarts(),
    stableFor: duration('0ms', '10m')
      .prefault('10s')
      .describe('How long a container must run, and be healthy where it has a healthcheck, to count as up.'),
  })
    .prefault({})
    .describe('Deadline of the start, and what ends it early.'),
});
