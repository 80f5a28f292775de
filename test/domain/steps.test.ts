import { describe, expect, it } from 'vitest';
import { ERRORS } from '../../src/domain/errors.ts';
import { PROFILES, type RetryProfile, STEP_IDS, STEPS } from '../../src/domain/steps.ts';

describe('the step catalogue', () => {
  it('has a row for every step, and no other', () => {
    expect(Object.keys(STEPS)).toEqual([...STEP_IDS]);
  });

  it.each(STEP_IDS)('%s has a summary that the Temporal UI can show', (id) => {
    expect(Buffer.byteLength(STEPS[id].summary)).toBeLessThanOrEqual(200);
  });

  it.each(Object.entries<RetryProfile>(PROFILES))(
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
