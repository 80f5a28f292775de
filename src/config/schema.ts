import * as z from 'zod';
import { CHECK_IDS } from '../domain/checks.ts';
import { agentsSchema, chatSchema, healthSchema, metricsSchema } from './check-schemas.ts';
import { policyKeys } from './policy-schema.ts';
import {
  duration,
  filePath,
  innerPath,
  objectName,
  secretReference,
  section,
  serviceName,
  text,
} from './schema-parts.ts';

const crashLoopRestarts = () =>
  z
    .int()
    .min(1)
    .max(100)
    .default(3)
    .describe('Restarts of one container after which the version counts as broken, whatever the exit code.');

const kubernetesSchema = section({
  namespace: objectName().describe('Namespace of the service.'),
  deployment: objectName().describe('Name of the Deployment.'),
  container: objectName()
    .optional()
    .describe("Container whose image is the version; default: the Deployment's name."),
  kubeconfig: filePath()
    .optional()
    .describe('Kubeconfig file; default: KUBECONFIG, ~/.kube/config, or the service account of the pod.'),
  context: text().optional().describe('Context in the kubeconfig; default: its current one.'),
  rollout: section({
    deadline: duration('1s', '29m')
      .prefault('10m')
      .describe('The wait for the rollout gives up after this long.'),
    crashLoopRestarts: crashLoopRestarts(),
  })
    .prefault({})
    .describe('Patience with the rollout.'),
});

const composeSchema = section({
  directory: filePath().describe('Project folder; a relative path counts from the folder of this file.'),
  service: serviceName().describe('Name of the service in the compose file.'),
  files: z
    .array(innerPath())
    .min(1)
    .max(20)
    .optional()
    .describe('Compose files in their order, relative to the folder. Default: those that Compose finds.'),
  envFiles: z
    .array(innerPath())
    .min(1)
    .max(20)
    .optional()
    .describe('Files for interpolation (`--env-file`), relative to the folder. Default: .env.'),
  project: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'expected a project name: lower case letters, digits, - and _')
    .optional()
    .describe('Name of the Compose project. Default: the one that Compose would choose.'),
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
    .describe('Patience with the start.'),
});

const authSchema = z
  .discriminatedUnion(
    'mode',
    [
      section({ mode: z.literal('none').describe('no header.') }),
      section({
        mode: z.literal('bearer').describe('the secret is the token.'),
        secret: secretReference().describe('The token, or the JWT_SECRET of the service.'),
      }),
      section({
        mode: z.literal('jwt-hs256').describe('a JWT is signed with the secret for every request.'),
        secret: secretReference().describe('The JWT_SECRET of the service.'),
        subject: text(100).default('rollback-runbook').describe('Claim sub of the tokens.'),
        ttl: z.int().min(10).max(86_400).default(300).describe('Lifetime of each token in seconds.'),
      }),
    ],
    { error: 'expected mode none, bearer or jwt-hs256' },
  )
  .prefault({ mode: 'none' });

const receiver = {
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'expected lower case letters, digits and -')
    .optional()
    .describe('Name of the receiver in the ledger; default: its kind, numbered from the second on.'),
  url: secretReference().describe('The address: a secret, because whoever knows it may write there.'),
  timeout: duration('100ms', '15s').prefault('10s').describe('Time-out of one message.'),
};

const notifierSchema = z
  .strictObject(
    {
      slack: section(receiver)
        .optional()
        .describe('A Slack incoming webhook, or a receiver that takes its form.'),
      webhook: section({
        ...receiver,
        signingSecret: secretReference()
          .optional()
          .describe('Signs the body: header X-Runbook-Signature: sha256=<hex HMAC>.'),
      })
        .optional()
        .describe('A receiver of the notification as JSON.'),
    },
    { error: 'expected { slack: … } or { webhook: … }' },
  )
  .refine((notifier) => Object.keys(notifier).length === 1, {
    error: 'expected exactly one of slack, webhook',
  });

const endpointSchema = z
  .string()
  .refine((url) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol), {
    error: 'expected an http or https address',
    abort: true,
  })
  .refine((url) => new URL(url).username === '' && new URL(url).password === '', {
    error: 'credentials may not stand in an address: use auth',
  })
  .refine((url) => new URL(url).search === '' && new URL(url).hash === '', {
    error: 'an endpoint has no query and no fragment',
  })
  .transform((url) => url.replace(/\/+$/, ''));

/** A check's settings, or `false`. */
function check<Settings extends z.ZodType>(settings: Settings) {
  const error = 'expected the settings of the check, or false to switch it off';
  return z.union([z.literal(false), settings], { error });
}

/** A service without its cross-checks: exactly one of `kubernetes` and `compose` is in it. */
export const serviceSchema = section({
  environment: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'expected lower case letters, digits and -')
    .default('production')
    .describe('Environment that requests and records name.'),
  kubernetes: kubernetesSchema.optional().describe('The Deployment that is rolled back. This or compose.'),
  compose: composeSchema
    .optional()
    .describe('The Docker Compose service that is rolled back. This or kubernetes.'),
  endpoint: endpointSchema.describe("Base address of the service's API, as the worker reaches it."),
  auth: authSchema.describe('How requests to the service are authorised (service contract, 2.3).'),
  checks: section({
    health: check(healthSchema).prefault({}).describe('Runbook 6.1. false switches it off.'),
    chat: check(chatSchema).prefault({}).describe('Runbook 6.2. false switches it off.'),
    agents: check(agentsSchema).prefault({}).describe('Runbook 6.3. false switches it off.'),
    metrics: check(metricsSchema).prefault({}).describe('Runbook 6.4. false switches it off.'),
  })
    .prefault({})
    .describe('What proves the service well.'),
  required: z
    .array(z.enum(CHECK_IDS))
    .optional()
    .describe('Checks whose verdict counts; the others are recorded only. Default: all that are on.'),
  notify: z.array(notifierSchema).max(10).default([]).describe('Whom to tell.'),
  ...policyKeys,
});

export const configSchema = section({
  records: filePath()
    .default('./incidents')
    .describe('Folder for incident records; a relative path counts from the folder of this file.'),
  services: z
    .record(
      z
        .string()
        .regex(
          /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
          'expected a service name: lower case letters, digits and -',
        ),
      serviceSchema,
    )
    .refine((services) => Object.keys(services).length > 0, { error: 'expected at least one service' })
    .describe('The services by name.'),
});

/** A service as the file has it, checked and with every default. */
export type ServiceEntry = z.output<typeof serviceSchema>;
/** The whole file, checked and with every default. */
export type ConfigFile = z.output<typeof configSchema>;
