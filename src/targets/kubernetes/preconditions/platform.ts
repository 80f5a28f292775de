import { shellWord } from '../../../domain/media/shell.ts';
import type { PreconditionFinding } from '../../../domain/preconditions/preconditions.ts';
import { findingOf } from './finding.ts';
import { hindrance, mismatch, type Node, type NodeWish } from './node-fit.ts';
import type { Seen } from './seen.ts';

const OS = 'kubernetes.io/os';
const ARCH = 'kubernetes.io/arch';
/** So many names are shown. */
const SHOWN = 3;

/** What is asked of the nodes. */
export interface PlatformQuestion extends NodeWish {
  /** The pinned version, for people. */
  readonly version: string;
  /** What its image is for, as `linux/amd64` or `linux/arm64/v8`; none where that is not known. */
  readonly platforms?: readonly string[] | undefined;
  /** Pods that there are to be. */
  readonly wanted: number;
  /** Whether any pod of the workload is on a node: nodes for it are made, or were. */
  readonly isRunning: boolean;
}

/**
 * Whether the nodes that would take pods of the pinned template can run its image. A scheduler does not know what an image is
 * for: one node too many is enough for a pod that never starts. What may go well, on a node that is repaired, added or picked by
 * chance, is not known; held against the rollback is only what no node that is there can do. Pure.
 */
export function judgePlatform(question: PlatformQuestion, seen: Seen<readonly Node[]>): PreconditionFinding {
  const { version, platforms } = question;
  if (question.wanted === 0 && !question.isOfDaemonSet) {
    return { id: 'platform', state: 'met', says: 'it is scaled to 0: the rollback starts no pod' };
  }
  if ('unread' in seen) return findingOf('platform', [], '', [seen.unread]);
  const nodes = seen.is;
  if (nodes.length === 0) {
    return { id: 'platform', state: 'unknown', says: 'the cluster shows no nodes' };
  }
  const why = nodes.map((node) => ({ node, hindrance: hindrance(node, question) }));
  const taking = why.flatMap(({ node, hindrance: one }) => (one === undefined ? [node] : []));
  if (taking.length === 0) {
    const cordoned = why.find(({ hindrance: one }) => one === 'is cordoned')?.node.metadata.name;
    // A DaemonSet without a node is complete.
    const isLasting =
      !question.isRunning &&
      !question.isOfDaemonSet &&
      nodes.every((node) => mismatch(node, question) !== undefined);
    return {
      id: 'platform',
      state: isLasting ? 'not-met' : 'unknown',
      says: `none of ${counted(nodes.length)} takes a pod of ${version}, unless one is added: ${reasons(why)}`,
      ...(cordoned ? { remedy: `kubectl uncordon ${shellWord(cordoned)}` } : {}),
    };
  }
  const told = taking.map((node) => ({ name: node.metadata.name, platform: platformOf(node) }));
  const there = [...new Set(told.flatMap(({ platform }) => platform ?? []))].toSorted();
  const take = `${taking.length} of ${counted(nodes.length)} ${taking.length === 1 ? 'takes' : 'take'} pods of ${version}`;
  if (!platforms || platforms.length === 0) {
    const are = there.length > 0 ? ` (${there.join(', ')})` : '';
    return {
      id: 'platform',
      state: 'unknown',
      says: `${take}${are}; what its image is for is not known`,
    };
  }
  const wanted = new Set(platforms.map(withoutVariant));
  const wrong = told.filter(({ platform }) => platform !== undefined && !wanted.has(platform));
  const image = `its image is for ${[...wanted].toSorted().join(', ')}`;
  if (wrong.length > 0) {
    const all = wrong.length === taking.length;
    const are = [...new Set(wrong.map(({ platform }) => platform))].toSorted().join(', ');
    return {
      id: 'platform',
      state: all ? 'not-met' : 'unknown',
      says: `${image}, and ${all ? 'the nodes that take its pods are' : `a pod of it may be put on nodes that are`} ${are}: ${names(wrong.map(({ name }) => name))}`,
    };
  }
  const silent = told.filter(({ platform }) => platform === undefined);
  if (silent.length > 0) {
    return {
      id: 'platform',
      state: 'unknown',
      says: `${image}; of what platform ${names(silent.map(({ name }) => name))} is its labels do not say`,
    };
  }
  return { id: 'platform', state: 'met', says: `${take} (${there.join(', ')}); ${image}` };
}

/** By the labels that every kubelet gives its node; a variant of an architecture is not among them. */
function platformOf({ metadata: { labels = {} } }: Node): string | undefined {
  const [os, arch] = [labels[OS], labels[ARCH]];
  return os && arch ? `${os}/${arch}` : undefined;
}

function withoutVariant(platform: string): string {
  return platform.split('/').slice(0, 2).join('/');
}

function counted(nodes: number): string {
  return nodes === 1 ? '1 node' : `${nodes} nodes`;
}

function names(all: readonly string[]): string {
  const more = all.length - SHOWN;
  return `${all.toSorted().slice(0, SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** `2 is cordoned` as `is cordoned (node-a, node-b)`, the commonest first. */
function reasons(why: readonly { readonly node: Node; readonly hindrance: string | undefined }[]): string {
  const by = new Map<string, string[]>();
  for (const { node, hindrance: one = '' } of why) by.set(one, [...(by.get(one) ?? []), node.metadata.name]);
  const sorted = [...by].toSorted(([a, x], [b, y]) => y.length - x.length || a.localeCompare(b));
  const more = sorted.length - SHOWN;
  const shown = sorted.slice(0, SHOWN).map(([reason, nodes]) => `${names(nodes)} ${reason}`);
  return `${shown.join('; ')}${more > 0 ? `; and ${more} other reasons` : ''}`;
}
