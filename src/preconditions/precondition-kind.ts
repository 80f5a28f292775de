import * as z from 'zod';
import { CONSEQUENCES } from '../domain/consequence.ts';
import {
  PRECONDITIONS,
  type PreconditionFinding,
  type PreconditionId,
  type PreconditionRule,
} from '../domain/preconditions/preconditions.ts';
import type { SecretReference } from '../domain/request/profile.ts';
import type { NamedCluster } from '../domain/versions/cluster.ts';
import type { Plan } from '../domain/versions/plan.ts';
import type { SettingsFrom } from '../schema-parts/settings.ts';
import type { RollbackTarget } from '../targets/target.ts';
import type { RegistryAnswer } from './image/ask-registry.ts';
import type { WantedImage } from './image/images-of.ts';

/** What is asked: whether this plan may be carried out. */
export interface PreconditionQuestion {
  readonly plan: Plan;
  /** The cluster that the run is about. */
  readonly cluster?: NamedCluster | undefined;
  /** Aborted at the deadline of the precondition, and when the step is cancelled. */
  readonly signal: AbortSignal;
  /** What the target itself has found, of all preconditions; asked once, whoever wants it. */
  readonly targetFindings: () => Promise<readonly PreconditionFinding[]>;
  /** What the registries say of the images that the plan needs, that of the version first; asked once. */
  readonly imageAnswers: () => Promise<ImageAnswers>;
}

/** What the registries say of the images that a plan needs. */
export interface ImageAnswers {
  readonly answers: readonly AnsweredImage[];
  /** Which images were not asked for, and why; none where all were. */
  readonly notAsked?: string;
}

/** An image that a plan needs, and what its registry says of it. */
export interface AnsweredImage {
  readonly wanted: WantedImage;
  readonly answer: RegistryAnswer;
}

/** What the preconditions of one service have around them. */
export interface PreconditionSurroundings {
  readonly service: string;
  readonly environment: string;
  readonly target: Pick<RollbackTarget, 'kind' | 'images' | 'preconditions' | 'pullCredentials'>;
  /** The worker's environment; programs get of it what is listed, and credential helpers and git what they need. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The value behind a reference. Throws `SecretUnavailable`, without the value. */
  readonly resolve: (reference: SecretReference, signal: AbortSignal) => Promise<string>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Asks the Prometheus of the profile for a sign of life; rejects when there is none. Without it there is no Prometheus. */
  readonly reachPrometheus?: ((signal: AbortSignal) => Promise<unknown>) | undefined;
}

/** One precondition of one service. */
export interface Precondition {
  /** Given up after this long, in ms. */
  readonly timeoutMs: number;
  /**
   * What is so; nothing where there is nothing to look at. What it throws, and what it has not found by the deadline, is told
   * as not known.
   */
  find(question: PreconditionQuestion): Promise<readonly PreconditionFinding[]>;
}

/** One kind of precondition: what can be set, and how it is looked at. */
export interface PreconditionKind<
  Id extends PreconditionId = PreconditionId,
  Settings extends PreconditionRule = PreconditionRule,
> {
  readonly id: Id;
  /** Its section under `preconditions:` in runbook.yaml, with every default. */
  readonly settings: z.ZodType<Settings>;
  /** What it is about, for the table of keys. */
  readonly about: string;
  /** Whether a service with the section, which says nothing of it, has it. */
  readonly onByDefault: boolean;
  create(settings: Settings, surroundings: PreconditionSurroundings): Precondition;
}

/** A kind whose settings are what its schema gives. */
export function preconditionKind<const Id extends PreconditionId, Schema extends z.ZodType<PreconditionRule>>(
  kind: PreconditionKind<Id, SettingsFrom<Schema>> & { readonly settings: Schema },
) {
  return kind;
}

/** The keys that every precondition has. */
export function ruleKeys(id: PreconditionId) {
  const { on, unknown } = PRECONDITIONS[id];
  return {
    on: z
      .enum(CONSEQUENCES, { error: 'expected block, warn or ask' })
      .default(on)
      .describe(
        'What follows when it does not hold: block (nothing is changed), ask (somebody decides), warn (the plan tells it).',
      ),
    unknown: z
      .enum(['open', 'closed'], { error: 'expected open or closed' })
      .default(unknown)
      .describe(
        'When it cannot be told: open tells it and goes on, closed takes it for one that does not hold.',
      ),
  };
}
