import { shellWord } from '../../../../domain/media/shell.ts';
import type { ObjectMeta, RawObject } from '../../api/resources.ts';
import { objectAt } from '../../template/pod-template.ts';
import { quantityInNano, quantityText } from '../../template/quantity.ts';
import type { Note } from '../finding.ts';
import { type Amounts, amountsIn, type ContainerDefaults, type PodSize } from './pod-size.ts';

/** core/v1 LimitRange. */
export interface LimitRange {
  readonly metadata: ObjectMeta;
  readonly spec?: { readonly limits?: readonly RawObject[] };
}

/** What the LimitRanges of a namespace give containers that do not say (admission, LimitRanger). Pure. */
export function defaultsOf(ranges: readonly LimitRange[]): ContainerDefaults {
  const requests = new Map<string, bigint>();
  const limits = new Map<string, bigint>();
  for (const range of ranges) {
    for (const item of range.spec?.limits ?? []) {
      if (item.type !== 'Container') continue;
      fillIn(limits, amountsIn(objectAt(item, 'default')));
      fillIn(requests, amountsIn(objectAt(item, 'defaultRequest')));
    }
  }
  return { requests, limits };
}

function fillIn(into: Map<string, bigint>, from: Amounts): void {
  for (const [resource, amount] of from) if (!into.has(resource)) into.set(resource, amount);
}

type Bound = 'min' | 'max' | 'default' | 'maxLimitRequestRatio';

/** What of a LimitRange item is broken, and what would let it through. */
interface Broken {
  readonly says: string;
  /** Which bound, to which value. None where the pod says nothing that could be let through. */
  readonly bound?: readonly [name: Bound, resource: string, value: string];
}

/** A note for each LimitRange that refuses pods of this size (admission, LimitRanger, PodValidateLimitFunc). Pure. */
export function refusedByRanges(
  size: PodSize,
  ranges: readonly LimitRange[],
  version: string,
  namespace: string,
): readonly Note[] {
  return ranges.flatMap((range) => {
    const broken = (range.spec?.limits ?? []).flatMap((item, index) =>
      brokenIn(item, size).map((one) => ({ ...one, index })),
    );
    const [first] = broken;
    if (!first) return [];
    const { name } = range.metadata;
    const says = [...new Set(broken.map((one) => one.says))].slice(0, 3).join(', ');
    const patches = broken.flatMap(({ bound, index }) =>
      bound
        ? [
            {
              path: `/spec/limits/${index}/${bound[0]}/${bound[1].replaceAll('~', '~0').replaceAll('/', '~1')}`,
              value: bound[2],
            },
          ]
        : [],
    );
    return [
      {
        state: 'not-met' as const,
        says: `limitrange/${name} refuses every pod of ${version}: ${says}`,
        ...(patches.length === broken.length
          ? {
              remedy: lastOfEach(patches)
                .map((patch) => patched(name, namespace, patch))
                .join(' && '),
            }
          : {}),
      },
    ];
  });
}

/** A patch as YAML: people read it more easily than JSON in a shell's quotes. */
function patched(name: string, namespace: string, { path, value }: { path: string; value: string }): string {
  const patch = shellWord(`- {op: replace, path: ${path}, value: ${value}}`);
  return `kubectl patch limitrange ${shellWord(name)} -n ${shellWord(namespace)} --type json -p ${patch}`;
}

/** Two containers may break one bound: the value that lets both through. */
function lastOfEach<P extends { readonly path: string; readonly value: string }>(
  patches: readonly P[],
): readonly P[] {
  const by = new Map<string, P>();
  for (const patch of patches) {
    const other = by.get(patch.path);
    const isWider = (a: string, b: string) => {
      const [left, right] = [quantityInNano(a) ?? 0n, quantityInNano(b) ?? 0n];
      return patch.path.includes('/min/') ? left < right : left > right;
    };
    if (!other || isWider(patch.value, other.value)) by.set(patch.path, patch);
  }
  return [...by.values()];
}

function brokenIn(item: RawObject, size: PodSize): readonly Broken[] {
  if (item.type === 'Pod') return brokenBy(item, 'the pod', size);
  if (item.type !== 'Container') return [];
  return size.containers.flatMap((container) => brokenBy(item, `container ${container.name}`, container));
}

function brokenBy(
  item: RawObject,
  whose: string,
  { requests, limits }: { readonly requests: Amounts; readonly limits: Amounts },
): readonly Broken[] {
  const broken: Broken[] = [];
  for (const [resource, min] of amountsIn(objectAt(item, 'min'))) {
    const [request, limit] = [requests.get(resource), limits.get(resource)];
    const least = `at least ${quantityText(min)} ${resource} a ${String(item.type).toLowerCase()}`;
    if (request === undefined) broken.push({ says: `${least}, and ${whose} asks for none` });
    else if (request < min || (limit !== undefined && limit < min)) {
      const has = limit !== undefined && limit < request ? limit : request;
      broken.push({
        says: `${least}, and ${whose} has ${quantityText(has)}`,
        bound: ['min', resource, quantityText(has)],
      });
    }
  }
  for (const [resource, max] of amountsIn(objectAt(item, 'max'))) {
    const [request, limit] = [requests.get(resource), limits.get(resource)];
    const most = `at most ${quantityText(max)} ${resource} a ${String(item.type).toLowerCase()}`;
    if (limit === undefined) broken.push({ says: `${most}, and ${whose} has no limit` });
    else if (limit > max || (request !== undefined && request > max)) {
      const has = request !== undefined && request > limit ? request : limit;
      broken.push({
        says: `${most}, and ${whose} has ${quantityText(has)}`,
        bound: ['max', resource, quantityText(has)],
      });
    }
  }
  for (const [resource, given] of amountsIn(objectAt(item, 'default'))) {
    const [request = 0n, limit] = [requests.get(resource), limits.get(resource)];
    // A template that says both cannot have less of a limit: it was filled in.
    if (limit === given && request > limit) {
      broken.push({
        says: `a limit of ${quantityText(given)} ${resource} where a container has none, and ${whose} asks for ${quantityText(request)}`,
        bound: ['default', resource, quantityText(request)],
      });
    }
  }
  for (const [resource, ratio] of amountsIn(objectAt(item, 'maxLimitRequestRatio'))) {
    const [request = 0n, limit = 0n] = [requests.get(resource), limits.get(resource)];
    const most = `a limit of ${quantityText(ratio)} times the request of ${resource}`;
    if (request === 0n || limit === 0n) broken.push({ says: `${most}, and ${whose} does not have both` });
    else if (limit * 1_000_000_000n > ratio * request) {
      const has = quantityText((limit * 1_000_000_000n + request - 1n) / request);
      broken.push({
        says: `${most}, and ${whose} has ${has} times`,
        bound: ['maxLimitRequestRatio', resource, has],
      });
    }
  }
  return broken;
}
