import type { KnownGoodRecord } from '../../../../src/domain/proof/known-good.ts';
import type { ComposeProfile } from '../../../../src/domain/request/profile.ts';
import type { ComposePin, RolloutStarted } from '../../../../src/domain/versions/pins.ts';
import { createComposeTarget } from '../../../../src/targets/compose/index.ts';
import type { RolloutProgress } from '../../../../src/targets/target.ts';

/** What this worker does: one step, in a process of its own. */
export type Step = {
  readonly profile: ComposeProfile;
  readonly key: string;
  /** The key of the evidence; with one the content of secrets is kept. */
  readonly evidenceKey?: string;
} & (
  | { readonly pin: ComposePin }
  | { readonly record: KnownGoodRecord }
  | { readonly rollout: RolloutStarted; readonly resume?: RolloutProgress }
);

// Tells each progress and then what came out, a JSON line each.
const step = JSON.parse(process.argv[2] ?? '') as Step;
const { evidenceKey } = step;
const target = createComposeTarget(step.profile, {
  env: process.env,
  ...(evidenceKey ? { evidenceKey: async () => evidenceKey, keepsSecrets: true } : {}),
});
const context = { signal: new AbortController().signal, key: step.key };
const tell = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
try {
  const result =
    'pin' in step
      ? await target.rollBack(step.pin, context)
      : 'record' in step
        ? await target.recordKnownGood(step.record, context)
        : await target.waitForRollout(step.rollout, context, (progress) => tell({ progress }), step.resume);
  tell({ result });
} catch (error) {
  const { name, type, message, retryable } = error as Error & { type?: string; retryable?: boolean };
  tell({ error: { name, type, message, retryable } });
}
