import { expect, it } from 'vitest';
import {
  breaksGlass,
  brokenGlass,
  DEFAULT_POLICY,
  type Severity,
} from '../../../src/domain/request/policy.ts';

it.each<[Severity | undefined, string | undefined, string | undefined]>([
  ['sev1', 'nobody is awake', 'nobody is awake'],
  ['sev2', 'nobody is awake', undefined],
  [undefined, 'nobody is awake', undefined],
  ['sev1', undefined, undefined],
])('severity %s and the reason %s break the glass with: %s', (severity, breakGlass, reason) => {
  const request = { ...(severity ? { severity } : {}), ...(breakGlass ? { breakGlass } : {}) };
  const { approval } = DEFAULT_POLICY;
  expect(brokenGlass(approval, request)).toBe(reason);
  // An approval that is not required is not gone without.
  expect(breaksGlass(approval, request)).toBe(false);
  expect(breaksGlass({ ...approval, required: true }, request)).toBe(reason !== undefined);
});
