import { describe, expect, it } from 'vitest';
import { ERRORS } from '../../../src/domain/errors.ts';
import { CHECK_IDS } from '../../../src/domain/proof/checks.ts';
import { RETRY_PROFILES, type RetryProfile, STEP_IDS, STEPS } from '../../../src/domain/steps/steps.ts';

describe('the step catalogue', () => {
  it('has the steps in the order of the runbook, the checks between change and message', () => {
    expect(STEP_IDS).toEqual([
      'resolve-request',
      'check-access',
      'identify-versions',
      'assess-need',
      'plan',
      'plan-group',
      'identify-holder',
      'take-snapshot',
      'check-preconditions',
      'restore-config',
      'roll-back',
      'wait-for-rollout',
      ...CHECK_IDS.map((id) => `verify-${id}`),
      'measure-impact',
      'watch-service',
      'record-known-good',
      'notify',
      'record-incident',
    ]);
  });

  it('has two steps that change the service, and says of each whether it did', () => {
    const changing = STEP_IDS.filter((id) => STEPS[id].changes);
    expect(changing).toEqual(['restore-config', 'roll-back']);
  });

  it.each(STEP_IDS)('%s has a summary that the Temporal UI can show', (id) => {
    expect(Buffer.byteLength(STEPS[id].summary)).toBeLessThanOrEqual(200);
  });

  it.each(Object.entries<RetryProfile>(RETRY_PROFILES))(
    'profile %s gives every attempt less time than all together',
    (_, profile) => {
      expect(profile.startToClose).toBeLessThan(profile.scheduleToClose);
      if (profile.heartbeat) expect(profile.heartbeat).toBeLessThan(profile.startToClose);
    },
  );
});

describe('the error catalogue', () => {
  it.each(Object.entries(ERRORS))('%s says what happened and what to do', (_, { meaning, remedy }) => {
    expect(meaning.length).toBeGreaterThan(20);
    expect(remedy.length).toBeGreaterThan(20);
  });
});
