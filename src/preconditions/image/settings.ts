import * as z from 'zod';
import { duration, section, text } from '../../schema-parts/parts.ts';
import { secretReference } from '../../schema-parts/secret-reference.ts';
import type { SettingsFrom } from '../../schema-parts/settings.ts';
import { ruleKeys } from '../precondition-kind.ts';

const login = section({
  registry: z
    .string()
    .max(255)
    .regex(
      /^[a-zA-Z0-9.-]+(:[0-9]+)?$|^\[[a-fA-F0-9:]+\](:[0-9]+)?$/,
      'expected the host of a registry, such as registry.example.com:5000',
    )
    .describe('Host and port of the registry; it is sent nowhere else.'),
  username: text(500).describe('The name.'),
  password: secretReference().describe('The password or token.'),
});

const config = section({
  dockerConfig: secretReference().describe(
    'A Docker configuration (config.json), as a pull secret has it: { kubernetesSecret: { name: regcred, key: .dockerconfigjson } }.',
  ),
});

const credentials = z.union([login, config], {
  error: ({ input }) =>
    typeof input === 'object' && input !== null
      ? undefined
      : 'expected { registry, username, password } or { dockerConfig }',
});

export const imageSettings = section({
  ...ruleKeys('image'),
  timeout: duration('1s', '30s')
    .prefault('10s')
    .describe('Longest time for the registry, attempts included.'),
  credentials: z
    .array(credentials)
    .max(20)
    .default([])
    .describe(
      'Logins by which the registry is asked, before the pull secrets of the workload and the Docker configuration of the worker.',
    ),
});

/** What can be set of the image's precondition. */
export type ImageSettings = SettingsFrom<typeof imageSettings>;
