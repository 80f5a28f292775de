import { closest } from '../../../domain/closest.ts';
import { RunbookError } from '../../../domain/errors.ts';
import { type Layers, type ReadContext, readLayers, rootValue } from './files/layers.ts';
import { ProjectFiles } from './files/project-files.ts';
import type { ImageExpression, ServicePart } from './files/service-part.ts';
import { readServices } from './files/services.ts';
import { inlineIn, inlinePlaces, type Source, sourcesUsed, surroundingsOf } from './files/top-level.ts';
import type { ComposeService, ImageSite, UsedContent } from './service/compose-service.ts';
import { hashOfDefinition, hashOfText } from './service/definition.ts';
import { boundTo, dependsOn } from './service/dependants.ts';
import { describePlace, ImagePlace } from './service/image-place.ts';
import { type VersionPiece, versionPiece } from './service/image-site.ts';
import { placeOf } from './service/in-container.ts';
import { usedFiles } from './service/used-files.ts';
import { usedVariables } from './service/used-variables.ts';
import { type Piece, placeKey, type TextPlace, textOfPieces } from './text/piece.ts';
import type { ProjectOptions, ReadText } from './text/project-options.ts';
import { unsupported } from './text/unsupported.ts';
import { isMapping, isSequence, type Mapping, unmarked } from './text/value.ts';

type Services = ReadonlyMap<string, ServicePart>;

/**
 * Reads what the compose files of a project say about one service, and finds the characters that decide its image.
 * Changes nothing; whatever cannot be changed safely is refused here.
 * @throws RunbookError ComposeFileUnsupported, or WorkloadMissing when no file has the service; and what the reader
 * throws.
 */
export async function readProject(options: ProjectOptions, readText: ReadText): Promise<ComposeService> {
  const layers = await readLayers(options, new ProjectFiles(readText));
  const services = await readServices(layers, layers);
  const name = options.service;
  const part = services.get(name);
  if (!part) throw missing(name, services);
  const { build, ...own } = definitionOf(part);
  const [configs, secrets] = [sourcesUsed('configs', own, layers), sourcesUsed('secrets', own, layers)];
  const definition = { ...own, ...(await inlineOf(configs, secrets, options.seal)) };
  const image = imageExpressionOf(name, part, build === true, layers);
  const piece = versionPiece(image);
  const text = (await layers.files.text(piece.place.path)) ?? '';
  const project = projectName(layers);
  const places = allPlaces(part, image, layers);
  const placesOfOthers = new Map(
    [...services]
      .filter(([other]) => other !== name)
      .map(([other, one]) => [other, allPlaces(one, one.image, layers)] as const),
  );
  const { healthcheck, restart, profiles } = own;
  return {
    name,
    image: textOfPieces(image.pieces),
    site: describeSite(piece, services),
    place: new ImagePlace(image, piece, text),
    ...(project !== undefined && { projectName: project }),
    definition,
    definitionHash: hashOfDefinition(definition),
    surroundings: surroundingsOf(own, layers),
    usedFiles: usedFiles(definition, places, layers),
    configs: contentsUsed('configs', configs, definition),
    secrets: contentsUsed('secrets', secrets, definition),
    ownIn: (path) => ownIn(path, name, layers),
    variables: await usedVariables(places, placesOfOthers, layers),
    dependants: others(name, services, (other) => dependsOn(name, definitionOf(other))),
    bound: boundTo(name, new Map([...services].map(([other, one]) => [other, definitionOf(one)]))),
    sharedWith: others(name, services, (other) => standsIn(piece, other)),
    ...ofOthers(name, services, layers),
    hasBuild: build === true,
    healthcheckDisabled: isMapping(healthcheck) && isDisabled(healthcheck),
    ...(typeof restart === 'string' && { restart }),
    profiles: isSequence(profiles) ? profiles.map(String) : [],
  };
}

/** What a service is but for its image; `build` is true where there is one. */
function definitionOf({ definition }: ServicePart): Mapping {
  const value = unmarked(definition);
  return isMapping(value) ? value : {};
}

function imageExpressionOf(
  name: string,
  { image }: ServicePart,
  hasBuild: boolean,
  { top }: Layers,
): ImageExpression {
  if (image) return image;
  const path = top.at(-1)?.file.path ?? '';
  const what = hasBuild ? 'is built and has no image' : 'has no image';
  throw unsupported(path, `the service ${name} ${what}; give it an image line, like image: ${name}:v1`);
}

function describeSite(piece: VersionPiece, services: Services): ImageSite {
  const { how, variable, place } = piece;
  return {
    path: place.path,
    line: place.line,
    how,
    ...(how !== 'literal' && variable !== undefined && { variable }),
    description: describePlace(piece),
    alsoUsedBy: others(undefined, services, ({ places }) => places.has(placeKey(place))),
  };
}

function standsIn({ place }: VersionPiece, { image }: ServicePart): boolean {
  const key = placeKey(place);
  return placesOf(image?.pieces ?? []).some((other) => placeKey(other) === key);
}

function placesOf(pieces: readonly Piece[]): readonly TextPlace[] {
  return pieces.flatMap(({ place }) => place ?? []);
}

function ownIn(path: string, name: string, { merged, extended }: Layers & ReadContext): readonly string[] {
  if (merged.some(({ file }) => file.path === path)) return [name];
  const isOthers = (service: string) =>
    extended.some((one) => one.path === path && one.service === service && one.by !== name);
  const own = extended.filter((one) => one.path === path && one.by === name).map(({ service }) => service);
  return own.filter((service) => !isOthers(service));
}

/** Configs or secrets, by where their content is and where the container finds it. */
function contentsUsed(
  kind: 'configs' | 'secrets',
  sources: ReadonlyMap<string, Source>,
  definition: Mapping,
): readonly UsedContent[] {
  return [...sources].map(([name, source]) => ({
    name: `${kind === 'configs' ? 'config' : 'secret'}/${name}`,
    from: source.from,
    ...(source.from === 'file' ? { path: source.path } : {}),
    target: placeOf(definition, kind, name),
  }));
}

/** Contents that the files hold themselves; of secrets their keyed hashes, where there is a key. */
async function inlineOf(
  configs: ReadonlyMap<string, Source>,
  secrets: ReadonlyMap<string, Source>,
  seal: ProjectOptions['seal'],
): Promise<Mapping> {
  const [open, secret] = [inlineIn(configs), inlineIn(secrets)];
  const sealed = Object.keys(secret).length > 0 ? await seal?.() : undefined;
  const hashes = Object.entries(secret).map(([name, value]) => [name, sealed?.(hashOfText(value)) ?? '']);
  return {
    ...(Object.keys(open).length > 0 ? { inlineConfigs: open } : {}),
    ...(sealed ? { inlineSecrets: Object.fromEntries(hashes) } : {}),
  };
}

/** Where the parts of all stand that a service is made of. */
function allPlaces(
  part: ServicePart,
  image: ImageExpression | undefined,
  layers: Layers & ReadContext,
): readonly TextPlace[] {
  const inline = inlinePlaces(definitionOf(part), layers);
  return [...placesOf(image?.pieces ?? []), ...part.places.values(), ...inline];
}

function others(
  name: string | undefined,
  services: Services,
  matches: (part: ServicePart) => boolean,
): readonly string[] {
  return [...services].filter(([other, part]) => other !== name && matches(part)).map(([other]) => other);
}

/**
 * The name that Compose makes of one that somebody has written, or of a folder's (compose-go, `NormalizeProjectName`):
 * `Of.Many-PARTS` is `ofmany-parts`.
 */
export function projectNameFrom(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '');
}

/**
 * compose-spec, 04-version-and-name.md: the variable wins, and has to be a name already; of several files the last that
 * has a name.
 */
function projectName({ scope, top, budget }: Layers & ReadContext): string | undefined {
  const variable = scope.get('COMPOSE_PROJECT_NAME')?.value;
  if (variable) return variable;
  const names = top.map((layer) => rootValue('name', layer, budget));
  const name = names.findLast((one): one is string => typeof one === 'string' && one !== '');
  return projectNameFrom(name ?? '') || undefined;
}

function ofOthers(
  name: string,
  services: Services,
  layers: Layers & ReadContext,
): Pick<ComposeService, 'othersUsing' | 'envFilesOfOthers'> {
  const found = new Map<string, { asFile: string[]; byVariable: string[] }>();
  const envFiles = new Set<string>();
  for (const [other, part] of services) {
    if (other === name) continue;
    const places = allPlaces(part, part.image, layers);
    for (const { path, kind } of usedFiles(definitionOf(part), places, layers)) {
      if (kind === 'compose') continue;
      if (kind === 'env-file') envFiles.add(path);
      const uses = found.get(path) ?? { asFile: [], byVariable: [] };
      found.set(path, uses);
      const names = kind === 'interpolation' ? uses.byVariable : uses.asFile;
      if (!names.includes(other)) names.push(other);
    }
  }
  return { othersUsing: found, envFilesOfOthers: [...envFiles] };
}

function isDisabled({ disable, test }: Mapping): boolean {
  return disable === true || test === 'NONE' || (isSequence(test) && test[0] === 'NONE');
}

function missing(name: string, services: Services): RunbookError {
  const known = [...services.keys()];
  const meant = closest(name, known);
  return new RunbookError(
    'WorkloadMissing',
    `no compose file has the service ${name}${meant ? `, did you mean ${meant}?` : ';'} ` +
      `there are: ${known.join(', ') || 'none'}`,
  );
}
