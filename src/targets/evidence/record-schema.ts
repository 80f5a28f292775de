import { z } from 'zod';
import { VERDICTS } from '../../domain/proof/verdict.ts';

/** RFC 3339, as we write it: what merely begins like a time (`2026-12-31 (trust me)`) is none. */
const instant = z.iso.datetime({ offset: true });
const text = z.string().min(1).max(2_000);
const checkIds = z.array(z.string().min(1).max(100)).max(100);

/** What the evidence says of one check. Checks of a newer worker may be among them: they are read, and mean nothing here. */
const check = z.looseObject({
  verdict: z.enum(VERDICTS),
  summary: z.string().max(10_000),
  values: z.record(z.string(), z.json()),
});

const shared = {
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256'),
  version: text,
  image: z.string().max(2_000),
  imageId: text.optional(),
  imageIds: z.record(z.string().max(253), text).optional(),
  firstSeenAt: instant.optional(),
  verdict: z.enum(['passed', 'failed', 'inconclusive']),
  at: instant,
  provedBy: z.enum(['verify', 'rollback']),
  workflowId: text,
  runId: text,
  checks: z.record(z.string(), check),
  failed: z.string().max(10_000).optional(),
  signature: text.optional(),
};

/** Schema 1, which has no number: what was required and accepted is not on record. */
const first = z.looseObject({ schema: z.undefined().optional(), ...shared });

const second = z.looseObject({
  schema: z.literal(2),
  ...shared,
  id: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'is no version id')
    .optional(),
  required: checkIds,
  accepted: checkIds,
  waived: checkIds,
  excused: checkIds,
  notApplicable: checkIds,
  workload: z.looseObject({ kind: text, namespace: text, name: text, cluster: text.optional() }),
});

/**
 * The schema of a record as it stands beside the service, by the number that it names; none for a number that is not known.
 * Unknown fields of a newer worker are kept: a signature is over all of them.
 */
export function recordSchemaOf(value: unknown): typeof first | typeof second | undefined {
  const number = typeof value === 'object' && value !== null && 'schema' in value ? value.schema : undefined;
  if (number === undefined) return first;
  return number === 2 ? second : undefined;
}

/** What a record says of one ConfigMap or Secret. */
const config = z.looseObject({
  kind: z.enum(['configmap', 'secret']),
  name: z.string().min(1).max(253),
  uid: text,
  resourceVersion: z.string().max(100),
  hash: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'is no SHA-256')
    .optional(),
  copy: z.looseObject({ name: z.string().min(1).max(253), uid: text }).optional(),
});

/**
 * Whether this is config that this worker understands. What it does not understand is of a newer one, and means nothing here: the
 * record counts without it.
 */
export function isKnownConfig(value: unknown): boolean {
  return z.array(config).max(100).safeParse(value).success;
}
