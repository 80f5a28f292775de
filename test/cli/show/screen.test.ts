import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { RunningStep } from '../../../src/cli/show/run-lines.ts';
import { openScreen } from '../../../src/cli/show/screen.ts';

function output(): { stream: NodeJS.WriteStream; text(): string } {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  return {
    stream: Object.assign(stream, { columns: 60 }) as unknown as NodeJS.WriteStream,
    text: () => text,
  };
}

const waiting = (message: string): RunningStep => ({
  step: 'wait-for-rollout',
  message,
  since: new Date().toISOString(),
  attempt: 1,
});

describe('on a terminal', () => {
  it('draws running steps again in place, below the lines that stay', () => {
    const { stream, text } = output();
    const screen = openScreen({ output: stream, live: true });
    screen.running([waiting('1 of 3 replicas updated')]);
    screen.running([waiting('2 of 3 replicas updated')]);
    screen.line(' ✓ done');
    screen.close();
    const shown = text().split('\u001b[1A\u001b[0J');
    expect(shown).toHaveLength(3);
    expect(shown[1]).toContain('2 of 3 replicas updated');
    expect(shown[2]).toBe(' ✓ done\n');
  });

  it('never wraps a line, or it could not be taken back', () => {
    const { stream, text } = output();
    openScreen({ output: stream, live: true }).running([waiting('x'.repeat(200))]);
    expect(text().trimEnd().length).toBeLessThan(60);
    expect(text()).toMatch(/x 0\.0 s\n$/);
  });
});

describe('elsewhere', () => {
  it('says a rollout’s progress once a message, and a check’s probes not at all at first', () => {
    const { stream, text } = output();
    const screen = openScreen({ output: stream });
    const check: RunningStep = { ...waiting('status ok'), step: 'verify-health' };
    for (const message of ['1 of 3 replicas updated', '1 of 3 replicas updated', '2 of 3 replicas updated'])
      screen.running([waiting(message), check]);
    expect(text()).toBe(
      '   wait for rollout: 1 of 3 replicas updated\n   wait for rollout: 2 of 3 replicas updated\n',
    );
  });

  it('says a note once', () => {
    const { stream, text } = output();
    const screen = openScreen({ output: stream });
    screen.note('look at the log');
    screen.note('look at the log');
    expect(text()).toBe('   look at the log\n');
  });
});
