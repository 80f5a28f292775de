import { visit } from 'yaml';
import type { ImageExpression } from '../files/service-part.ts';
import { type ComposeFile, parseComposeFile } from '../text/compose-file.ts';
import { parseEnvFile } from '../text/env-file.ts';
import { isImageReference } from '../text/image-reference.ts';
import { type Piece, placeKey, textOfPieces } from '../text/piece.ts';
import { type Line, unsupported } from '../text/unsupported.ts';
import type { VersionPiece } from './image-site.ts';

/** A file before and after the image was changed; they differ in one line. */
export interface ImageChange {
  readonly path: string;
  readonly before: string;
  readonly after: string;
  /** 1-based. */
  readonly line: number;
}

/** The characters that decide an image, with the text around them. Private, because an env file holds secrets. */
export class ImagePlace {
  readonly #image: ImageExpression;
  readonly #piece: VersionPiece;
  readonly #text: string;

  /** @param text of the file that the piece stands in. */
  constructor(image: ImageExpression, piece: VersionPiece, text: string) {
    this.#image = image;
    this.#piece = piece;
    this.#text = text;
  }

  /** @throws RunbookError ComposeFileUnsupported when the image cannot be made by changing these characters. */
  change(wanted: string): ImageChange {
    const { place } = this.#piece;
    if (!isImageReference(wanted)) throw unsupported(place, `"${wanted}" is no valid image reference`);
    const before = this.#text;
    const characters = this.#charactersFor(wanted);
    const after = before.slice(0, place.start) + characters + before.slice(place.end);
    if (!this.#reads(after, characters)) {
      throw unsupported(place, `${wanted} cannot be written here as it is; put the value in quotes first`);
    }
    return { path: place.path, before, after, line: place.line };
  }

  /** What must stand in the place so that the whole image is the wanted one. */
  #charactersFor(wanted: string): string {
    const { pieces } = this.#image;
    const here = placeKey(this.#piece.place);
    const isHere = ({ place }: Piece) => place !== undefined && placeKey(place) === here;
    const first = pieces.findIndex(isHere);
    const start = textOfPieces(pieces.slice(0, first));
    // The same variable may stand in an image twice: then both change.
    const copies = pieces.filter(isHere).length;
    const others = textOfPieces(pieces.filter((piece) => !isHere(piece))).length;
    const characters = wanted.slice(start.length, start.length + (wanted.length - others) / copies);
    const made = pieces.map((piece) => (isHere(piece) ? characters : piece.text)).join('');
    if (made !== wanted || characters === '') throw this.#notExpressible(wanted);
    return characters;
  }

  #notExpressible(wanted: string): Error {
    const { place, how, variable } = this.#piece;
    const pattern = this.#image.pieces
      .map((piece) => (piece.place && placeKey(piece.place) === placeKey(place) ? '…' : piece.text))
      .join('');
    const what =
      how === 'literal' ? 'this image line' : how === 'default' ? `the default of ${variable}` : variable;
    return unsupported(
      place,
      `${what} can only make images like ${pattern}, not ${wanted}; write the image of the service in full`,
    );
  }

  /** Reads the changed file again: YAML and quoting must make of it what was meant. */
  #reads(after: string, characters: string): boolean {
    const { path, start, end } = this.#piece.place;
    const { file, offset, content, contentStart = 0 } = this.#image;
    if (path === file.path) {
      const expected =
        content.slice(0, start - contentStart) + characters + content.slice(end - contentStart);
      return scalarAt(offset, parseComposeFile(path, after)) === expected;
    }
    return parseEnvFile(path, after).some(
      (one) => one.start <= start && start < one.end && one.value === after.slice(one.start, one.end),
    );
  }
}

function scalarAt(offset: number, { root }: ComposeFile): unknown {
  let found: unknown;
  visit(root, {
    Scalar(_key, { range, value }) {
      if (range?.[0] !== offset) return undefined;
      found = value;
      return visit.BREAK;
    },
  });
  return found;
}

/** Where a place is, for messages. */
export function describePlace({ how, variable, place }: VersionPiece): string {
  const { path, line }: Line = place;
  const what = { literal: 'image:', variable, default: `default of ${variable}` }[how];
  return `${what} in ${path} line ${line}`;
}
