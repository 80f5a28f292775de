import * as z from 'zod';
import type { SecretReference } from '../domain/request/profile.ts';
import { filePath, objectName, section } from './parts.ts';

/** What every fault of a reference says. */
export const REFERENCE =
  'expected a reference: { env: NAME }, { file: PATH } or { kubernetesSecret: { name, key } }';

/** Where a secret is found. Its value may not stand in the file. */
export function secretReference() {
  return z
    .strictObject(
      {
        env: z
          .string()
          .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable')
          .describe('Name of an environment variable of the worker.')
          .exactOptional(),
        file: filePath().describe('Path of a file that the worker can read.').exactOptional(),
        kubernetesSecret: section({
          name: objectName().describe('Name of the Secret.'),
          key: z
            .string()
            .regex(/^[-._a-zA-Z0-9]{1,253}$/, 'expected the key of a Secret')
            .describe('Key inside the Secret.'),
          namespace: objectName()
            .describe("Namespace of the Secret; default: the service's own.")
            .exactOptional(),
        })
          .describe("A Secret key in the service's cluster.")
          .exactOptional(),
      },
      {
        error: (issue) =>
          issue.code === 'invalid_type' && typeof issue.input === 'string'
            ? `a secret may not stand in this file: ${REFERENCE}`
            : REFERENCE,
      },
    )
    .refine((reference) => Object.keys(reference).length === 1, {
      error: `exactly one of them: ${REFERENCE}`,
    })
    .transform((reference): SecretReference => reference as SecretReference);
}
