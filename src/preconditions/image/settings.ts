import * as z from 'zod';
import type { SecretReference } from '../../domain/request/profile.ts';
import { duration, section, text } from '../../schema-parts/parts.ts';
import { secretReference } from '../../schema-parts/secret-reference.ts';
import type { SettingsFrom } from '../../schema-parts/settings.ts';
import { ruleKeys } from '../precondition-kind.ts';

const FORM = 'expected { registry, username, password } or { dockerConfig }';

const credentials = section({
  registry: z
    .string()
    .max(255)
    .regex(
      /^[a-zA-Z0-9.-]+(:[0-9]+)?$|^\[[a-fA-F0-9:]+\](:[0-9]+)?$/,
      'expected the host of a registry, such as registry.example.com:5000',
    )
    .describe('Host and port of the registry; the login is sent nowhere else.')
    .exactOptional(),
  username: text(500).describe('The name.').exactOptional(),
  password: secretReference().describe('The password or token.').exactOptional(),
  dockerConfig: secretReference()
    .describe(
      'In place of these: a Docker configuration (config.json), as a pull secret has it: { kubernetesSecret: { name: regcred, key: .dockerconfigjson } }.',
    )
    .exactOptional(),
})
  .superRefine(({ dockerConfig, ...login }, context) => {
    const given = Object.values(login).filter((one) => one !== undefined).length;
    if (given === (dockerConfig ? 0 : 3)) return;
    context.addIssue({ code: 'custom', message: FORM });
  })
  .transform(({ registry = '', username = '', password, dockerConfig }) =>
    // The refinement has made sure that one of them is there.
    dockerConfig ? { dockerConfig } : { registry, username, password: password as SecretReference },
  );

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
