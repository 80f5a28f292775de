import type { ImageExpression } from '../files/service-part.ts';
import { isImageReference, versionStart } from '../text/image-reference.ts';
import { type Piece, type TextPlace, textOfPieces } from '../text/piece.ts';
import { unsupported } from '../text/unsupported.ts';

/** The part of an image that holds its version and can be changed. */
export interface VersionPiece extends Piece {
  readonly how: 'literal' | 'variable' | 'default';
  readonly place: TextPlace;
}

/**
 * Finds the characters that decide the version of an image: of the parts that tag or digest consist of a variable
 * or default where there is one, or else the text of the image line.
 * @throws RunbookError ComposeFileUnsupported when they cannot be changed in a file.
 */
export function versionPiece({ at, pieces, problem }: ImageExpression): VersionPiece {
  if (problem !== undefined) throw unsupported(at, problem);
  const image = textOfPieces(pieces);
  if (!isImageReference(image)) throw unsupported(at, notAnImage(image, pieces));
  const candidates = versionPieces(pieces, image);
  const piece = candidates.find(({ how }) => how !== 'literal') ?? candidates[0];
  if (piece?.how === 'environment') {
    throw unsupported(
      at,
      `the image takes ${piece.variable} from the environment of the worker, which no file can change; ` +
        `unset it there and set it in .env`,
    );
  }
  if (!piece?.place) {
    throw unsupported(
      at,
      'the image is written with escapes or over several lines; write it plainly on one line',
    );
  }
  return piece as VersionPiece;
}

/** The parts that overlap the version; the last one where there is no version. */
function versionPieces(pieces: readonly Piece[], image: string): readonly Piece[] {
  const from = Math.min(versionStart(image), image.length - 1);
  let end = 0;
  return pieces.filter(({ text }) => {
    end += text.length;
    return text !== '' && end > from;
  });
}

function notAnImage(image: string, pieces: readonly Piece[]): string {
  const unset = pieces.filter(({ text }) => text === '').flatMap(({ variable }) => variable ?? []);
  if (unset.length > 0) return `the image is not complete: ${unset.join(', ')} is not set; set it in .env`;
  return image === '' ? 'the image is empty' : 'the image is no valid image reference';
}
