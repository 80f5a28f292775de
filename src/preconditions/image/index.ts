import type { PreconditionFinding } from '../../domain/preconditions/preconditions.ts';
import { preconditionKind } from '../precondition-kind.ts';
import { imageSettings } from './settings.ts';
import { imageFinding } from './words.ts';

/**
 * Runbook 2: the image of the version can be had: its registry has the manifest, asked for by digest. An answer that could not
 * be had is never taken for a yes.
 *
 * Reads: HEAD of the manifest; the logins of the profile, of the workload's pull secrets, and of the worker.
 * Writes: nothing.
 */
export const image = preconditionKind({
  id: 'image',
  settings: imageSettings,
  about: 'The image of the version is in its registry, by digest where one is known.',
  onByDefault: true,
  create: ({ timeout }) => ({
    // Beside the registry: a credential helper, and the secrets of the workload.
    timeoutMs: timeout + 5000,
    async find({ imageLook }): Promise<readonly PreconditionFinding[]> {
      const looked = await imageLook();
      if (looked) return [imageFinding(looked.wanted, looked.look)];
      return [{ id: 'image', state: 'unknown', says: 'the plan names no image' }];
    },
  }),
});
