import * as z from 'zod';
import { CHECK_IDS } from '../domain/proof/checks.ts';
import { httpAddress } from '../schema-parts/http-address.ts';
import { filePath, section, text } from '../schema-parts/parts.ts';
import { secretReference } from '../schema-parts/secret-reference.ts';
import { criticalSchema } from '../settings/rules/schema.ts';
import { prometheusSettings } from '../signals/prometheus/settings.ts';
import { signalsSchema } from '../signals/settings.ts';
import { policyKeys } from './policy/schema.ts';
import { checksSchema } from './sections/checks.ts';
import { groupsSchema } from './sections/groups.ts';
import { notifySchema } from './sections/notify.ts';
import { preconditionsSchema } from './sections/preconditions.ts';
import { composeSchema, kubernetesSchema } from './target-schema.ts';

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

/** An image without tag and digest (distribution/reference). */
const repository = () =>
  z
    .string()
    .regex(
      /^[a-zA-Z0-9.-]+(:[0-9]+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/,
      'expected a repository without tag and digest, such as registry.example.com/team/app',
    );

const evidenceSchema = section({
  signingKey: secretReference()
    .optional()
    .describe(
      'The key that known-good evidence is signed with. With one, evidence that is not signed with it counts as none: whoever may write beside the service can then not make a bad version known-good.',
    ),
}).prefault({});

const configSectionSchema = section({
  restore: z
    .enum(['by-reference', 'in-place'])
    .default('by-reference')
    .describe(
      'How ConfigMaps (and Secrets that are kept) go back on Kubernetes: the template that is written refers to kept copies, and no object of yours is changed; or the objects themselves get back what they held (deploy/rbac-config-in-place.yaml, decision 28).',
    ),
  shared: z
    .enum(['refuse', 'accept'])
    .default('refuse')
    .describe(
      'With in-place, when other workloads take config from an object that has to be written, or the worker may not see whether any does: refuse, or change it for all.',
    ),
  managed: z
    .enum(['refuse', 'accept'])
    .default('refuse')
    .describe(
      'With in-place, when an operator (External Secrets, Sealed Secrets, Argo CD, Flux) writes such an object anew by itself: refuse, or write it all the same.',
    ),
  secrets: z
    .enum(['name', 'keep'])
    .default('name')
    .describe(
      'What becomes of Secrets that a version was proved with: `name` says which were changed since, and leaves them; `keep` keeps their content in Secrets beside the workload (deploy/rbac-config-secrets.yaml), of Compose `secrets:` in the state folder, so that it comes back. `keep` needs evidence.signingKey.',
    ),
  critical: criticalSchema.describe(
    'What has to hold for the config that will be live: judged before anything is changed.',
  ),
}).prefault({});

const diffSchema = section({
  mask: z
    .array(z.string().regex(/^[\w./*-]{1,100}$/, 'expected the name of a setting, with * for any characters'))
    .max(100)
    .default([])
    .describe(
      'Names of settings whose values a plan never shows, with * for any characters, whatever their case. What looks like a secret by its name or value is masked without them.',
    ),
}).prefault({});

/** A service without its cross-checks: exactly one of `kubernetes` and `compose` is in it. */
export const serviceSchema = section({
  environment: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'expected lower case letters, digits and -')
    .default('production')
    .describe('Environment that requests and records name.'),
  kubernetes: kubernetesSchema.optional().describe('The workload that is rolled back. This or compose.'),
  compose: composeSchema
    .optional()
    .describe('The Docker Compose service that is rolled back. This or kubernetes.'),
  endpoint: httpAddress().describe("Base address of the service's API, as the worker reaches it."),
  auth: authSchema.describe('How requests to the service are authorised (service contract, 2.3).'),
  checks: checksSchema,
  required: z
    .array(z.enum(CHECK_IDS))
    .optional()
    .describe('Checks whose verdict counts; the others are recorded only. Default: all that are on.'),
  signals: signalsSchema
    .optional()
    .describe(
      'What is measured of the service to tell whether a rollback is warranted (runbook 1). Without this section nothing is read.',
    ),
  repositories: z
    .array(repository())
    .min(1)
    .max(20)
    .optional()
    .describe(
      'Image repositories that the service may be given. Default: that of what runs, and those of its own history.',
    ),
  evidence: evidenceSchema.describe('How known-good evidence is kept.'),
  config: configSectionSchema.describe('How config goes back with the image (runbook 5).'),
  prometheus: prometheusSettings
    .optional()
    .describe('The Prometheus that signals are read from; without it none is asked.'),
  diff: diffSchema.describe('What the diff of a plan may show.'),
  notify: notifySchema,
  preconditions: preconditionsSchema,
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
  groups: groupsSchema,
});

/** A service as the file has it, checked and with every default. */
export type ServiceEntry = z.output<typeof serviceSchema>;
/** The whole file, checked and with every default. */
export type ConfigFile = z.output<typeof configSchema>;
