import { z } from 'zod';
import { CHECK_IDS } from '../domain/checks.ts';
import { RunbookError } from '../domain/errors.ts';
import { holdsSecret } from '../domain/redact.ts';
import type { RollbackRequest, VerifyRequest } from '../domain/request.ts';
import { parseTarget } from '../domain/targets.ts';

const URL_SHAPE = /\b[a-z][a-z0-9+.-]{1,20}:\/\//i;

/** Free text of a request: short, one paragraph, and neither an address nor a credential. */
function text(limit: number) {
  return z
    .string()
    .max(limit, `is longer than ${limit} characters`)
    .refine(
      (value) => !URL_SHAPE.test(value),
      'holds a URL; a request names things, addresses stand in runbook.yaml',
    )
    .refine((value) => !holdsSecret(value), 'looks like a secret; a request never carries one')
    .refine((value) => !hasControlCharacters(value), 'holds control characters');
}

function hasControlCharacters(value: string): boolean {
  return [...value].some((character) => {
    const code = character.codePointAt(0) ?? 0;
    return (code < 32 && character !== '\n' && character !== '\t') || code === 127;
  });
}

const name = text(63).regex(
  /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/,
  'is not a profile name (lowercase letters, digits, - . _)',
);
const lines = z.array(text(500)).max(20, 'has more than 20 entries');

const shared = {
  service: name.exactOptional(),
  environment: name.exactOptional(),
  reason: text(500).exactOptional(),
  requestedBy: text(100).exactOptional(),
};

const target = text(200).superRefine((value, context) => {
  const parsed = parseTarget(value);
  if ('problem' in parsed) context.addIssue({ code: 'custom', message: parsed.problem });
});

const ROLLBACK = z.strictObject({
  ...shared,
  target: target.exactOptional(),
  incident: text(100).exactOptional(),
  symptoms: lines.exactOptional(),
  mitigationsTried: lines.exactOptional(),
  dryRun: z.boolean().exactOptional(),
});

const VERIFY = z.strictObject({
  ...shared,
  accept: z.array(z.enum(CHECK_IDS)).max(CHECK_IDS.length).exactOptional(),
});

/**
 * Parses what started a `rollback` run. `undefined` and `null` (the Temporal UI without input) mean `{}`.
 * @throws RunbookError `InvalidRequest` that names each wrong field.
 */
export function parseRollbackRequest(input: unknown): RollbackRequest {
  return parse(ROLLBACK, input);
}

/** As {@link parseRollbackRequest}, for `verify`. */
export function parseVerifyRequest(input: unknown): VerifyRequest {
  return parse(VERIFY, input);
}

function parse<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(describe);
  throw new RunbookError('InvalidRequest', `the request is wrong: ${problems.join('; ')}`.slice(0, 2000));
}

function describe(issue: z.core.$ZodIssue): string {
  const field = issue.path.length > 0 ? issue.path.join('.') : 'request';
  if (issue.code === 'unrecognized_keys') {
    return issue.keys
      .map((key) => `${field === 'request' ? '' : `${field}.`}${key.slice(0, 60)}: no such field`)
      .join('; ');
  }
  if (issue.code === 'invalid_type') return `${field}: expected ${issue.expected}`;
  return `${field}: ${issue.message}`;
}
