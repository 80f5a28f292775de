import { unsupported } from '../text/unsupported.ts';
import { Marked } from '../text/value.ts';
import type { Layer, Layers, ReadContext } from './layers.ts';
import { merge } from './merge.ts';
import { folderOf, within } from './project-files.ts';
import { ownPart, type ServicePart, serviceNodes } from './service-part.ts';

/** All services of a project by name, whatever their profiles, merged over all files. */
export async function readServices(
  { merged }: Layers,
  context: ReadContext,
): Promise<ReadonlyMap<string, ServicePart>> {
  const services = new Map<string, ServicePart>();
  for (const layer of merged) {
    for (const name of serviceNodes(layer.file, context.budget).keys()) {
      const part = await readPart(name, layer, context, [], name);
      if (part) services.set(name, over(services.get(name), part));
      else services.delete(name);
    }
  }
  return services;
}

/** What a layer says about a service, with what it extends. */
async function readPart(
  name: string,
  layer: Layer,
  context: ReadContext,
  extending: readonly string[],
  by: string,
): Promise<ServicePart | undefined> {
  const node = serviceNodes(layer.file, context.budget).get(name);
  const part = node && ownPart(name, node, layer, context.budget);
  if (!part?.extends) return part;
  const { service, file, at } = part.extends;
  const step = `${name} in ${layer.file.path}`;
  if (extending.includes(step)) {
    throw unsupported(at, `extends in a circle: ${[...extending, step].join(' extends ')}`);
  }
  const bases = file === undefined ? [layer, ...layer.included] : [await extended(file, layer, context, at)];
  const base = bases.find((candidate) => serviceNodes(candidate.file, context.budget).has(service));
  if (!base) {
    const where = bases[0]?.file.path ?? layer.file.path;
    throw unsupported(at, `${name} extends ${service}, and ${where} has no such service`);
  }
  context.extended.push({ path: base.file.path, service, by });
  return over(await readPart(service, base, context, [...extending, step], by), part);
}

/** A file that is extended sees the same variables; its relative paths begin at its own folder, its includes do not count. */
async function extended(
  file: string,
  { folder, scope }: Layer,
  context: ReadContext,
  at: Parameters<ReadContext['files']['compose']>[1],
): Promise<Layer> {
  const path = within(folder, file);
  return { file: await context.files.compose(path, at), scope, folder: folderOf(path), included: [] };
}

/** A later part over an earlier one. */
function over(earlier: ServicePart | undefined, later: ServicePart): ServicePart {
  const { definition, places, image } = later;
  if (!earlier || definition instanceof Marked) return { definition, places, ...(image && { image }) };
  const effective = image ?? earlier.image;
  return {
    definition: merge(earlier.definition, definition),
    places: new Map([...earlier.places, ...places]),
    ...(effective && { image: effective }),
  };
}
