import { visible, visibleJson } from './visible.ts';

/** A line for a terminal or a log: whatever stands in it, it stays one line and moves no cursor. */
export function terminalLine(text: string): string {
  return visible(text);
}

/** Several lines for a terminal, such as a diff or a record. */
export function terminalText(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => line.split('\t').map(visible).join('\t'))
    .join('\n');
}

/** An entry of a log: what follows its first line is indented, so that no line of it passes for another entry. */
export function logEntry(text: string): string {
  return terminalText(text.trimEnd()).replaceAll('\n', '\n    ');
}

/** JSON for programs, printed where people look too. */
export function terminalJson(value: unknown): string {
  return visibleJson(value, 2);
}
