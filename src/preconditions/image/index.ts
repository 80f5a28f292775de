import type { PreconditionFinding } from '../../domain/preconditions/preconditions.ts';
import { preconditionKind } from '../precondition-kind.ts';
import { imageSettings } from './settings.ts';
import { imageFinding } from './words.ts';

/** Beside the registry: what the images are, the secrets of the workload, a credential helper. In ms. */
export const LOGINS_MS = 5000;

/**
 * Runbook 2: the images of the version can be had: their registries have the manifests, asked for by digest. An answer that
 * could not be had is never taken for a yes.
 *
 * Reads: HEAD of each manifest; the logins of the profile, of the workload's pull secrets, and of the worker.
 * Writes: nothing.
 */
export const image = preconditionKind({
  id: 'image',
  settings: imageSettings,
  about: 'The images of the version are in their registries, by digest where one is known.',
  onByDefault: true,
  create: ({ timeout }) => ({
    timeoutMs: timeout + LOGINS_MS + 1000,
    async find({ imageAnswers }): Promise<readonly PreconditionFinding[]> {
      const { answers, notAsked } = await imageAnswers();
      const found = answers.map(({ wanted, answer }) => imageFinding(wanted, answer));
      if (notAsked !== undefined) found.push({ id: 'image', state: 'unknown', says: notAsked });
      if (found.length > 0) return found;
      return [{ id: 'image', state: 'unknown', says: 'the plan names no image' }];
    },
  }),
});
