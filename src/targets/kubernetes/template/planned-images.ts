import { parseImage } from '../../../domain/versions/versions.ts';
import type { PlannedImage } from '../../target.ts';
import type { RawObject } from '../api/resources.ts';
import { objectAt, objectsAt, textAt } from './pod-template.ts';

/** The images of a template, init containers' first as they start. Pure. */
export function plannedImages(template: RawObject): readonly PlannedImage[] {
  const spec = objectAt(template, 'spec');
  return ['initContainers', 'containers'].flatMap((list) =>
    objectsAt(spec, list).flatMap((container): readonly PlannedImage[] => {
      const [name = '', image = ''] = [textAt(container, 'name'), textAt(container, 'image')];
      return image === '' ? [] : [{ container: name, image, pull: pullOf(container, image) }];
    }),
  );
}

const PULLS: Readonly<Record<string, PlannedImage['pull']>> = {
  Always: 'always',
  IfNotPresent: 'if-missing',
  Never: 'never',
};

/** What the API server fills in where the template says nothing (core/v1, Container.imagePullPolicy). */
function pullOf(container: RawObject, image: string): PlannedImage['pull'] {
  const said = PULLS[textAt(container, 'imagePullPolicy') ?? ''];
  if (said) return said;
  const { tag = 'latest', digest } = parseImage(image);
  return tag === 'latest' && digest === undefined ? 'always' : 'if-missing';
}
