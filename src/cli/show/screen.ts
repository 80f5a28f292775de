import { terminalLine } from '../../domain/media/terminal.ts';
import { STEPS, type StepId } from '../../domain/steps/steps.ts';
import { doing, type RunningStep, runningLine, titleOf } from './run-lines.ts';

const FRAMES = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
const PLAIN_EVERY_MS = 5000;
/** A step that has not said anything for this long is waiting for somebody. */
const SILENT_MS = 1500;
const NO_ANSWER = 'no answer yet';

/** What was said of a running step last. */
interface Said {
  readonly message: string;
  readonly failure?: string | undefined;
  readonly at: number;
}

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
  const said = new Map<StepId, Said>();
  const erase = () => {
    if (drawn > 0) output.write(`\x1b[${drawn}A\x1b[0J`);
    drawn = 0;
  };
  /**
   * Plain output: a line when a long step says something new, and not for every probe of a check. What it is tried again
   * for is new at once, and so is a step that has had nothing to say for a while.
   */
  const sayPlainly = (running: RunningStep) => {
    const { step, failure } = running;
    const message = doing(running);
    const last = said.get(step) ?? { message: 'running', at: Date.now() };
    said.set(step, last);
    const isSilent = message === 'running' && Date.now() - Date.parse(running.since) >= SILENT_MS;
    const text = isSilent ? NO_ANSWER : message;
    const isNews = failure !== last.failure || (isSilent && last.message === 'running');
    const due = isNews || STEPS[step].progress === 'every-message' || Date.now() - last.at >= PLAIN_EVERY_MS;
    if (!text || text === last.message || text === 'running' || !due) return;
    said.set(step, { message: text, failure, at: Date.now() });
    output.write(`   ${titleOf(step)}: ${terminalLine(text.replaceAll(/\s+/g, ' '))}\n`);
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
        for (const step of steps) sayPlainly(step);
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
