import { BEHAVIOURS, type BehaviourName } from './behaviours.ts';

/** Released versions, as the demo deploys them. */
const RELEASES: Readonly<Record<string, BehaviourName>> = {
  'v0.1.0': 'good',
  'v0.1.1': 'good',
  'v0.2.0': 'agents-fail-under-traffic',
  // Good images: what is bad of the first comes with its config.
  'v0.2.1': 'good-under-traffic',
  'v0.2.2': 'good',
};

/**
 * The behaviour of an image, or nothing when the registry has no such tag. A tag that is no release names its
 * behaviour at the end: `v0.3.0-chat-output-null`.
 */
export function behaviourOfImage(image: string): BehaviourName | undefined {
  const tag = /:([\w.-]+)(@.*)?$/.exec(image)?.[1] ?? '';
  const release = RELEASES[tag];
  if (release) return release;
  const name = /^v\d+\.\d+\.\d+-(.+)$/.exec(tag)?.[1] ?? '';
  return Object.hasOwn(BEHAVIOURS, name) ? (name as BehaviourName) : undefined;
}
