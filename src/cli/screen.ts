import { terminalLine } from '../domain/media/terminal.ts';
import { STEPS, type StepId } from '../domain/steps.ts';
import { type RunningStep, runningLine, titleOf } from './run-lines.ts';

const FRAMES = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
const PLAIN_EVERY_MS = 5000;

/** Where a run is shown. */
export interface ScreenOptions {
  readonly output: NodeJS.WriteStream;
  /** Redraws the running steps in place; else plain lines. Default: when the output is a terminal. */
  readonly live?: boolean;
}

/** Lines that stay, and below them lines that are drawn again. */
export interface Screen {
  line(text: string): void;
  /** A line that is said once. */
  note(text: string): void;
  running(steps: readonly RunningStep[]): void;
  /** Leaves the lines that stay. */
  close(): void;
}

export function openScreen({ output, live = output.isTTY === true }: ScreenOptions): Screen {
  let drawn = 0;
  let frame = 0;
  const notes = new Set<string>();
  const said = new Map<StepId, { readonly message: string; readonly at: number }>();
  const erase = () => {
    if (drawn > 0) output.write(`\x1b[${drawn}A\x1b[0J`);
    drawn = 0;
  };
  /** Plain output: a line when a long step says something new, and not for every probe of a check. */
  const sayPlainly = (step: StepId, message: string) => {
    const last = said.get(step) ?? { message: 'running', at: Date.now() };
    said.set(step, last);
    const due = STEPS[step].progress === 'every-message' || Date.now() - last.at >= PLAIN_EVERY_MS;
    if (!message || message === last.message || !due) return;
    said.set(step, { message, at: Date.now() });
    output.write(`   ${titleOf(step)}: ${terminalLine(message)}\n`);
  };
  return {
    line(text: string) {
      erase();
      output.write(`${terminalLine(text)}\n`);
    },
    note(text: string) {
      if (notes.has(text)) return;
      notes.add(text);
      erase();
      output.write(`   ${terminalLine(text)}\n`);
    },
    running(steps: readonly RunningStep[]) {
      if (!live) {
        for (const { step, message } of steps) sayPlainly(step, message);
        return;
      }
      erase();
      frame += 1;
      const columns = output.columns ?? 120;
      for (const step of steps) {
        const line = runningLine(step, FRAMES[frame % FRAMES.length] ?? '', Date.now(), columns);
        output.write(`${terminalLine(line).slice(0, columns - 1)}\n`);
      }
      drawn = steps.length;
    },
    close: erase,
  };
}
