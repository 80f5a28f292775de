import type { ServiceProfile } from '../config/profile.ts';
import { RunbookError } from '../domain/errors.ts';
import type { SecretReference } from '../domain/request/profile.ts';
import type { SecretResolver } from '../secrets/index.ts';
import type { RollbackTarget } from '../targets/target.ts';

/** What is looked at of one service. */
export interface CheckedService {
  readonly profile: ServiceProfile;
  readonly target: Pick<RollbackTarget, 'prepare'>;
  readonly secrets: SecretResolver;
}

/**
 * What is wrong with the profiles can be found without asking anybody, and is better found when the worker starts than at
 * three in the morning. A missing secret does not keep a worker from rolling back, and may still come: it is told.
 * @returns a line for each missing secret.
 * @throws RunbookError `InvalidConfig`: a service whose cluster cannot be reached with what its kubeconfig says, for each
 * of them the field.
 */
export async function checkServices(services: readonly CheckedService[]): Promise<readonly string[]> {
  const [problems, missing] = await Promise.all([
    Promise.all(services.map(targetProblem)),
    Promise.all(services.map(missingSecrets)),
  ]);
  const wrong = problems.filter((problem) => problem !== undefined);
  if (wrong.length > 0) throw new RunbookError('InvalidConfig', wrong.join('\n'));
  return missing.flat();
}

async function targetProblem({ profile, target }: CheckedService): Promise<string | undefined> {
  try {
    await target.prepare();
    return undefined;
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error;
    return `services.${profile.name}.${profile.target.kind}: ${error.message}`;
  }
}

async function missingSecrets({ profile, secrets }: CheckedService): Promise<readonly string[]> {
  const { signal } = new AbortController();
  const problems = await Promise.all(
    // One in the cluster is asked for when it is needed: nothing is connected to here.
    referencesIn(profile)
      .filter((reference) => !('kubernetesSecret' in reference))
      .map((reference) =>
        secrets.resolve(reference, signal).then(
          () => undefined,
          (error: Error) => `services.${profile.name}: ${error.message}`,
        ),
      ),
  );
  return [...new Set(problems.filter((problem) => problem !== undefined))];
}

const KINDS = ['env', 'file', 'kubernetesSecret'];

/** The references to secrets of a profile, at whatever depth. */
function referencesIn(value: unknown): readonly SecretReference[] {
  if (typeof value !== 'object' || value === null) return [];
  const [[key = '', held] = [], ...others] = Object.entries(value);
  const isReference = others.length === 0 && KINDS.includes(key) && !Array.isArray(value);
  return isReference && held !== undefined
    ? [value as SecretReference]
    : Object.values(value).flatMap(referencesIn);
}
