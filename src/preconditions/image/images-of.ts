import type { Plan } from '../../domain/versions/plan.ts';
import { parseImage, withoutDigest } from '../../domain/versions/versions.ts';
import type { PlannedImage } from '../../targets/target.ts';

/** An image that a plan needs. */
export interface WantedImage {
  /** The reference without its digest. */
  readonly image: string;
  /** Exactly this one, where it is known. */
  readonly digest?: string;
  /** The engine has it: it runs without a registry. */
  readonly isHere?: boolean;
  /** When it is asked of its registry; none: as the plan does. */
  readonly pull?: PlannedImage['pull'];
}

/** More images than these are not asked for. */
const MOST = 10;

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
  };
}

/** The images that are asked for. */
export interface WantedImages {
  /** Each once, that of the version first. */
  readonly images: readonly WantedImage[];
  /** So many more there are. */
  readonly leftOut: number;
}

/**
 * Every image that a plan needs: that of the version is the one that the plan names, known as exactly as its pin knows it. Two
 * digests of one name are two images. Pure.
 * @param planned what the target tells of all of them.
 */
export function wantedImages(plan: Plan, planned: readonly PlannedImage[]): WantedImages {
  const own = imageOf(plan);
  const all = new Map<string, WantedImage>();
  let first = own;
  for (const { image, pull } of planned) {
    const name = withoutDigest(image);
    const { digest } = parseImage(image);
    const asked = { image: name, ...(digest === undefined ? {} : { digest }), pull };
    const isOwn = first?.image === name && (digest ?? first.digest) === (first.digest ?? digest);
    if (isOwn) first = { ...asked, ...first };
    else all.set(`${name}@${digest ?? ''}`, asked);
  }
  const images = [...(first ? [first] : []), ...all.values()];
  return { images: images.slice(0, MOST), leftOut: Math.max(0, images.length - MOST) };
}
