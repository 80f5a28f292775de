import * as z from 'zod';
import { closest } from '../domain/closest.ts';
import { DURATION, durationMs } from './durations.ts';

/** An object whose unknown keys are errors, with the key that was probably meant. */
export function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return undefined;
      const meant = issue.keys?.map((key) => closest(key, Object.keys(shape))).find(Boolean);
      return meant
        ? `unknown key, did you mean ${meant}?`
        : `unknown key (known: ${Object.keys(shape).join(', ')})`;
    },
  });
}

/** A duration between two others, in the file as `10s`, in the profile in milliseconds. */
export function duration(least: string, most: string) {
  return z
    .string({ error: 'expected a duration such as 500ms, 10s or 2m' })
    .regex(DURATION, 'expected a duration such as 500ms, 10s or 2m')
    .refine((text) => durationMs(text) >= durationMs(least) && durationMs(text) <= durationMs(most), {
      error: `expected between ${least} and ${most}`,
    })
    .transform(durationMs);
}

/** A text that is not empty. */
export function text(most = 500) {
  return z.string().trim().min(1, 'must not be empty').max(most);
}

/** A path of the service's API. */
export function apiPath() {
  return z.string().regex(/^\/[^\s?#]*$/, 'expected a path that begins with /, without query');
}

export const port = () => z.int().min(1).max(65_535);

/** The path of a file; a relative one counts from the folder of runbook.yaml. */
export const filePath = () =>
  text(4096).refine((path) => !path.startsWith('~'), { error: '~ is not expanded: write the whole path' });

/** The name of a Kubernetes object (RFC 1123 subdomain). */
export const objectName = () =>
  z
    .string()
    .max(253)
    .regex(
      /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/,
      'expected a Kubernetes name: lower case letters, digits, - and .',
    );
