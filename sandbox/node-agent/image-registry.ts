import { createHash } from 'node:crypto';
import type { BehaviourName } from '../orchestrator/behaviours.ts';
import { behaviourOfImage } from '../orchestrator/images.ts';

/** What a node pulls. */
export interface PulledImage {
  readonly behaviour: BehaviourName;
  /** As a kubelet reports it: `repository@sha256:…`. */
  readonly imageId: string;
}

/** The registry that the nodes pull from: a tag can be pushed anew, a digest is one content for ever. */
export interface ImageRegistry {
  /** Puts other content under a tag: what is pulled by the tag from now on. @returns its digest. */
  push(reference: string, behaviour: BehaviourName): string;
  /** Puts content there that no tag leads to. */
  add(digest: string, behaviour: BehaviourName): void;
  /** Takes a digest out of the registry, as garbage collection does with one that no tag names. */
  collect(digest: string): void;
  /** Nothing when the registry has no such image. */
  pull(image: string): PulledImage | undefined;
}

export function openImageRegistry(): ImageRegistry {
  const byTag = new Map<string, string>();
  const byDigest = new Map<string, BehaviourName>();
  const collected = new Set<string>();

  /** A tag that was never pushed anew has a digest of its own from the beginning. */
  function leadsTo(reference: string): string | undefined {
    const known = byTag.get(reference);
    if (known) return known;
    const behaviour = behaviourOfImage(reference);
    if (!behaviour) return undefined;
    const digest = digestOf(reference);
    byTag.set(reference, digest);
    byDigest.set(digest, behaviour);
    return digest;
  }

  return {
    push(reference, behaviour) {
      leadsTo(reference);
      const digest = digestOf(`${reference} ${behaviour} ${byDigest.size}`);
      byTag.set(reference, digest);
      byDigest.set(digest, behaviour);
      return digest;
    },
    add(digest, behaviour) {
      byDigest.set(digest, behaviour);
    },
    collect(digest) {
      collected.add(digest);
    },
    pull(image) {
      const [reference = '', wanted] = image.split('@', 2);
      const digest = wanted ?? leadsTo(reference);
      if (digest === undefined || collected.has(digest)) return undefined;
      // A digest can be asked for before anybody has pulled the tag that leads to it.
      if (wanted) leadsTo(reference);
      const behaviour = byDigest.get(digest);
      const repository = reference.replace(/:[^:/]*$/, '');
      return behaviour && { behaviour, imageId: `${repository}@${digest}` };
    },
  };
}

function digestOf(content: string): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}
