import type { ProbeContext, ProbeResult } from '../check.ts';
import { asObject } from '../http/json.ts';
import { bad, good } from '../probe-results.ts';
import { keptText } from '../run/kept-values.ts';
import type { HealthSettings } from './settings.ts';

/** What the health answer must say of the language model; a missing value is not compared. */
export interface ExpectedModel {
  readonly provider?: string;
  readonly model?: string;
}

/** The settings' values, else those that the known-good evidence holds. A baseline that failed is no expectation. */
export function expectedModel(settings: HealthSettings, baseline: ProbeContext['baseline']): ExpectedModel {
  const proved = baseline?.verdict === 'passed' ? baseline.values : {};
  const provider = settings.provider ?? proved.provider;
  const model = settings.model ?? proved.model;
  return {
    ...(typeof provider === 'string' ? { provider } : {}),
    ...(typeof model === 'string' ? { model } : {}),
  };
}

/** Judges the body of a health answer. */
export function judgeHealth(body: unknown, expected: ExpectedModel, differenceAccepted = false): ProbeResult {
  const { status, llm_provider: provider, llm_model: model } = asObject(body) ?? {};
  if (typeof status !== 'string') return bad('HTTP 200 and JSON, but not a health answer: no status');
  if (status !== 'ok') return bad(`status ${status}`);
  if (typeof provider !== 'string' || typeof model !== 'string') {
    return bad('status ok, but provider or model is missing');
  }
  const values = { status, provider: keptText(provider), model: keptText(model) };
  const named = `status ok, ${provider} / ${model}`;
  if (model === 'unknown') return bad(`${named}: the provider has no model configured`, values);
  const other = [
    ...(isAsExpected(expected.provider, provider) ? [] : [expected.provider]),
    ...(isAsExpected(expected.model, model) ? [] : [expected.model]),
  ];
  if (other.length > 0) {
    const difference = `${named} instead of ${other.join(' / ')}`;
    return differenceAccepted ? good(`${difference}, which was accepted`, values) : bad(difference, values);
  }
  const compared = expected.provider !== undefined || expected.model !== undefined;
  return good(compared ? named : `${named} (nothing known to compare with)`, values);
}

/** Compared as the evidence keeps it, which may be shorter than what the service says. */
function isAsExpected(expected: string | undefined, seen: string): boolean {
  return expected === undefined || keptText(expected) === keptText(seen);
}
