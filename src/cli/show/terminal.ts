import { terminalJson, terminalLine, terminalText } from '../../domain/media/terminal.ts';

/**
 * Where a command prints: everything that it says goes through here, or through the screen, which redraws. What is not
 * seen, and what a terminal would obey, is neutral by then, whoever wrote it.
 */
export interface Printer {
  /** One line, whatever stands in it. */
  line(text: string): void;
  /** Several lines: a diff, a record, a help text. */
  text(text: string): void;
  /** For programs, and still harmless for people. */
  json(value: unknown): void;
}

function printerTo(stream: NodeJS.WriteStream): Printer {
  return {
    line: (text) => void stream.write(`${terminalLine(text)}\n`),
    text: (text) => void stream.write(terminalText(text)),
    json: (value) => void stream.write(`${terminalJson(value)}\n`),
  };
}

/** What a command is asked for. */
export const out = printerTo(process.stdout);
/** What it says beside that. */
export const err = printerTo(process.stderr);

/** For the screen, which draws lines again. */
export const STREAMS = { out: process.stdout, err: process.stderr } as const;
