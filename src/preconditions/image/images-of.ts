import type { Plan } from '../../domain/versions/plan.ts';
import { parseImage, withoutDigest } from '../../domain/versions/versions.ts';

/** An image that a plan needs. */
export interface WantedImage {
  /** The reference without its digest. */
  readonly image: string;
  /** Exactly this one, where it is known. */
  readonly digest?: string;
  /** The engine has it: it runs without a registry. */
  readonly isHere?: boolean;
  /** It was never pushed, and no registry can have it. */
  readonly isUnpushed?: boolean;
}

/** The image of the version that is gone back to, as exactly as its pin knows it. Pure. */
export function imageOf({ to, pin }: Plan): WantedImage | undefined {
  const source = pin.target === 'compose' && pin.source.kind === 'compose' ? pin.source : undefined;
  const written = pin.target === 'kubernetes' && pin.source.kind === 'image' ? pin.source.image : to.image;
  const image = source?.image || written;
  if (image === '') return undefined;
  const digest = source?.digest ?? to.digest ?? parseImage(image).digest;
  const isHere = source?.imageId !== undefined;
  return {
    image: withoutDigest(image),
    ...(digest === undefined ? {} : { digest }),
    ...(isHere ? { isHere } : {}),
    ...(isHere && digest === undefined ? { isUnpushed: true } : {}),
  };
}
