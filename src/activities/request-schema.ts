import { z } from 'zod';
import { RunbookError } from '../domain/errors.ts';
import { TRIGGERS } from '../domain/need/need-policy.ts';
import { CHECK_IDS } from '../domain/proof/checks.ts';
import { oneLine } from '../domain/redact.ts';
import { type GroupRequest, ON_FAILURE } from '../domain/request/group.ts';
import { SEVERITIES } from '../domain/request/policy.ts';
import type { RollbackRequest, VerifyRequest } from '../domain/request/request.ts';
import { unreadableProblem } from '../domain/request/unreadable-input.ts';
import { textProblem } from '../domain/text.ts';
import { mistypedTarget, parseTarget } from '../domain/versions/targets.ts';

/** More problems than this are counted only: the message goes into history. */
const PROBLEM_LIMIT = 20;

/** Free text of a request: short, one paragraph, and neither an address nor a credential. Read only when it is short. */
function text(limit: number) {
  return z.string().superRefine((value, context) => {
    const message = textProblem(value, limit);
    if (message) context.addIssue({ code: 'custom', message });
  });
}

const name = text(63).regex(
  /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/,
  'is not a profile name (lowercase letters, digits, - . _)',
);
const lines = z.array(text(500)).refine((list) => list.length <= 20, 'has more than 20 entries');

const shared = {
  environment: name.exactOptional(),
  reason: text(500).exactOptional(),
  requestedBy: text(100).exactOptional(),
};

const target = text(200).superRefine((value, context) => {
  const parsed = parseTarget(value);
  const message = 'problem' in parsed ? parsed.problem : mistypedTarget(value);
  if (message) context.addIssue({ code: 'custom', message });
});

const rolling = {
  ...shared,
  target: target.exactOptional(),
  incident: text(100).exactOptional(),
  symptoms: lines.exactOptional(),
  mitigationsTried: lines.exactOptional(),
  dryRun: z.boolean().exactOptional(),
  force: z.boolean().exactOptional(),
  severity: z.enum(SEVERITIES).exactOptional(),
  breakGlass: text(500)
    .refine((reason) => reason.trim() !== '', 'is empty; it takes the reason')
    .exactOptional(),
  ifRunning: z.enum(['refuse', 'join']).exactOptional(),
};

const ROLLBACK = z.strictObject({
  service: name.exactOptional(),
  ...rolling,
  trigger: z.enum(TRIGGERS).exactOptional(),
  /** What the run of a group adds to the request of a member. */
  member: z
    .strictObject({ group: name, onFailure: z.enum(ON_FAILURE), waitMs: z.int().min(1) })
    .exactOptional(),
});

const GROUP = z.strictObject({
  group: name.exactOptional(),
  ...rolling,
  targets: z.record(name, target).exactOptional(),
});

const VERIFY = z.strictObject({
  service: name.exactOptional(),
  ...shared,
  accept: z
    .array(z.enum(CHECK_IDS))
    .refine((list) => new Set(list).size === list.length, 'names a check twice')
    .exactOptional(),
});

/**
 * Parses what started a `rollback` run. `undefined` and `null` (the Temporal UI without input) mean `{}`.
 * @throws RunbookError `InvalidRequest` that names each wrong field, at most 20.
 */
export function parseRollbackRequest(input: unknown): RollbackRequest {
  return parse(ROLLBACK, input);
}

/** As {@link parseRollbackRequest}, for `verify`. */
export function parseVerifyRequest(input: unknown): VerifyRequest {
  return parse(VERIFY, input);
}

/** As {@link parseRollbackRequest}, for `rollbackGroup`. */
export function parseGroupRequest(input: unknown): GroupRequest {
  return parse(GROUP, input);
}

function parse<T>(schema: z.ZodType<T>, input: unknown): T {
  const unreadable = unreadableProblem(input);
  if (unreadable !== undefined) {
    throw new RunbookError('InvalidRequest', `the request is wrong: request: ${oneLine(unreadable, 120)}`);
  }
  const parsed = schema.safeParse(input ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.toSorted((a, b) => rankOf(a) - rankOf(b)).flatMap(describe);
  const more = problems.length - PROBLEM_LIMIT;
  const shown = [...problems.slice(0, PROBLEM_LIMIT), ...(more > 0 ? [`… and ${more} more`] : [])];
  throw new RunbookError('InvalidRequest', `the request is wrong: ${shown.join('; ')}`);
}

/** Fields of their own first: a hundred unknown fields, or entries of a list, must not crowd them out. */
function rankOf({ code, path }: z.core.$ZodIssue): number {
  if (code === 'unrecognized_keys') return 1;
  return path.length > 1 ? 2 : 0;
}

/** Fields that a run of another workflow type has. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['group', '; a group is rolled back by the workflow type rollbackGroup'],
  ['service', '; one service is rolled back by the workflow type rollback'],
]);

function describe(issue: z.core.$ZodIssue): readonly string[] {
  const field = issue.path.length > 0 ? issue.path.join('.') : 'request';
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(
      (key) =>
        `${field === 'request' ? '' : `${field}.`}${oneLine(key, 60)}: no such field${ELSEWHERE.get(key) ?? ''}`,
    );
  }
  if (issue.code === 'invalid_type') return [`${field}: expected ${issue.expected}`];
  return [`${field}: ${issue.message}`];
}
