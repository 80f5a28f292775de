import type { RawJson, RawObject } from '../api/resources.ts';

/** A member that is an object, or an empty one. */
export function objectAt(parent: RawJson | undefined, key: string): RawObject {
  const value = isObject(parent) ? parent[key] : undefined;
  return isObject(value) ? value : {};
}

/** The objects of a member that is a list. */
export function objectsAt(parent: RawJson | undefined, key: string): readonly RawObject[] {
  const value = isObject(parent) ? parent[key] : undefined;
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** A member that is a text. */
export function textAt(parent: RawJson | undefined, key: string): string | undefined {
  const value = isObject(parent) ? parent[key] : undefined;
  return typeof value === 'string' ? value : undefined;
}

function isObject(value: RawJson | undefined): value is RawObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The image of a container of the template. Init containers of the same name do not count. */
export function imageOf(template: RawObject, container: string): string | undefined {
  const found = containersOf(template).find((each) => each.name === container);
  return textAt(found, 'image');
}

/** Names of the template's containers. */
export function containerNames(template: RawObject): readonly string[] {
  return containersOf(template).map((each) => textAt(each, 'name') ?? '');
}

/**
 * The container of a template that the profile means: the one of that name, else the only one. A version from before the
 * container was renamed is still known by it.
 */
export function containerIn(template: RawObject, wanted: string): string | undefined {
  const names = containerNames(template);
  if (names.includes(wanted)) return wanted;
  return names.length === 1 ? names[0] : undefined;
}

/** The template with another image in one container; everything else, init containers included, stays. */
export function templateWithImage(template: RawObject, container: string, image: string): RawObject {
  const spec = objectAt(template, 'spec');
  const containers = containersOf(template).map((each) =>
    each.name === container ? { ...each, image } : each,
  );
  return { ...template, spec: { ...spec, containers: [...containers] } };
}

/** What `kubectl rollout restart` writes: the one template annotation that is no content. */
export const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';

/** The template as `kubectl rollout restart` leaves it. @param at RFC 3339. */
export function withRestart(template: RawObject, at: string): RawObject {
  const metadata = objectAt(template, 'metadata');
  const annotations = { ...objectAt(metadata, 'annotations'), [RESTARTED_AT]: at };
  return { ...template, metadata: { ...metadata, annotations } };
}

/** The images of all containers by name, init containers included. */
export function imagesByContainer(template: RawObject): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  mapImages(template, (container, image) => {
    found[container] = image;
    return image;
  });
  return found;
}

/** The template with other images, as told for each container and init container by its name and image. */
export function mapImages(
  template: RawObject,
  imageFor: (container: string, image: string) => string,
): RawObject {
  const spec = objectAt(template, 'spec');
  const mapped = Object.fromEntries(
    ['initContainers', 'containers']
      .filter((list) => Array.isArray(spec[list]))
      .map((list) => [list, objectsAt(spec, list).map(withImage)]),
  );
  return { ...template, spec: { ...spec, ...mapped } };

  function withImage(container: RawObject): RawObject {
    const image = textAt(container, 'image');
    if (!image) return container;
    return { ...container, image: imageFor(textAt(container, 'name') ?? '', image) };
  }
}

function containersOf(template: RawObject): readonly RawObject[] {
  return objectsAt(objectAt(template, 'spec'), 'containers');
}
