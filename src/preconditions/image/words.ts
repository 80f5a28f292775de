import type { PreconditionFinding } from '../../domain/preconditions/preconditions.ts';
import { shortDigest } from '../../domain/versions/versions.ts';
import type { RegistryAnswer } from './ask-registry.ts';
import type { WantedImage } from './images-of.ts';

/** What the registry's answer means for the rollback, in words. Pure. */
export function imageFinding(wanted: WantedImage, answer: RegistryAnswer): PreconditionFinding {
  const { image, digest, pull, isHere = false } = wanted;
  const name = digest === undefined ? image : `${image} (${shortDigest(digest)})`;
  const here = `${name} is on the engine`;
  switch (answer.kind) {
    case 'there':
      return digest === undefined
        ? met(`${image} is there, by its tag (${shortDigest(answer.digest)} by now)`)
        : met(`${name} is there, by digest`);
    case 'gone': {
      if (isHere) return met(`${here}, and in its registry no more: it starts without a pull`);
      const policy = pull === 'if-missing' ? '; nodes that have it start it all the same (IfNotPresent)' : '';
      const moved = answer.movedTo
        ? `; its tag has another image by now (${shortDigest(answer.movedTo)})`
        : '';
      return {
        id: 'image',
        // Which nodes have it is not known here.
        state: pull === 'if-missing' ? 'unknown' : 'not-met',
        says: `${name} is not in its registry${moved}${policy}`,
        remedy: 'push it again, or choose another version',
      };
    }
    case 'refused':
      if (isHere) return met(`${here}; ${answer.problem}`);
      return {
        id: 'image',
        state: 'unknown',
        says: `${image}: ${answer.problem}`,
        remedy:
          answer.remedy ??
          `grant the right to pull to what was tried (${answer.tried.join(', ')}), or name a login in preconditions.image.credentials`,
      };
    case 'unanswered':
      if (isHere) return met(`${here}; ${answer.problem}`);
      return { id: 'image', state: 'unknown', says: `${image}: ${answer.problem}` };
    case 'never-pulled':
      return {
        id: 'image',
        state: 'unknown',
        says: `${name} is never pulled (imagePullPolicy Never): whether the nodes have it shows when it starts`,
      };
    case 'no-registry':
      if (isHere) return met(here);
      return { id: 'image', state: 'unknown', says: `${image} is no reference to an image of a registry` };
  }
}

function met(says: string): PreconditionFinding {
  return { id: 'image', state: 'met', says };
}
