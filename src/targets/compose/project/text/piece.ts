/** A range of characters in a file of the project. */
export interface TextPlace {
  readonly path: string;
  /** Offsets in the file's text, end exclusive. */
  readonly start: number;
  readonly end: number;
  /** 1-based. */
  readonly line: number;
}

/** A part of a resolved string, and where it comes from. The parts in a row are the string. */
export interface Piece {
  readonly text: string;
  /** `environment`: of the process; `unset`: a variable without a value. */
  readonly how: 'literal' | 'variable' | 'default' | 'environment' | 'unset';
  /** Of all but `literal`. */
  readonly variable?: string;
  /** Where just this part can be changed; undefined when it cannot (escapes, the environment). */
  readonly place?: TextPlace;
}

/** The string that the parts make. */
export function textOfPieces(pieces: readonly Piece[]): string {
  return pieces.map(({ text }) => text).join('');
}

/** The same for two parts that are the same characters of the same file. */
export function placeKey({ path, start }: TextPlace): string {
  return `${start}:${path}`;
}
