import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CHECKS } from '../../src/domain/proof/checks.ts';
import { STEP_IDS, STEPS } from '../../src/domain/steps/steps.ts';
import { anchorsOf, faultsOf, ROOT, textFiles } from './citations.ts';

const files = textFiles();

it('looks at the texts of every folder', () => {
  for (const known of ['src/domain/steps/steps.ts', 'README.md', 'docs/runbook.md', 'examples/runbook.yaml'])
    expect(files).toContain(known);
});

it('what they cite is there', () => {
  expect(files.flatMap((file) => faultsOf(file, readFileSync(join(ROOT, file), 'utf8')))).toEqual([]);
});

describe('a citation is found wrong', () => {
  // Put together here, so that this file cites nothing that is not there.
  const file = ['docs', 'any.md'].join('/');
  const contract = ['service', 'contract'].join(' ');
  const runbook = ['run', 'book'].join('');
  const section = ['sec', 'tion'].join('');
  const decision = ['deci', 'sion'].join('');

  it.each([
    [`// see ${contract}, 99.9.`, /service-contract\.md has no 99\.9/],
    [`/**\n * As written (${contract.replace(' ', '\n * ')}, 4.3 and 4.99).\n */`, /has no 4\.99/],
    [`(${contract}, ${section} 4.3)`, /the number alone/],
    [` * ${runbook} 6.9: the page`, /runbook\.md has no 6\.9/],
    [`(${runbook} 3.1, option B)`, /has no 3\.1-b/],
    [`${runbook} ${section} 6.1`, /the number alone/],
    [`(as ${section} 3.3 has it)`, /of which document/],
    [`(${decision} 9999)`, /there is no \w+ 9999/],
    [`docs/${decision}s/9999-none.md`, /9999-none/],
    [`[there](none.md)`, /no docs\/none\.md/],
    [`[there](limits.md#none)`, /no such section/],
  ])('%j', (text, fault) => {
    expect(faultsOf(file, text).join()).toMatch(fault);
  });

  it('and a right one is not', () => {
    const text = `${contract}, 4.3 and 6.2; ${runbook} 3.2, option B; [this](runbook.md#6.1), [that](limits.md#limits)`;
    expect(faultsOf(file, text)).toEqual([]);
  });
});

it('docs/service-contract.md has the anchor of each section at its heading', () => {
  const page = readFileSync(join(ROOT, 'docs/service-contract.md'), 'utf8');
  const headings = [...page.matchAll(/^##+ (.*)$/gm)].map(([, heading]) => heading);
  expect(headings.length).toBeGreaterThan(30);
  for (const heading of headings) expect(heading).toMatch(/^<a id="([\d.]+)"><\/a>\1\.? \S/);
});

describe('docs/runbook.md', () => {
  const sections = new Map(
    readFileSync(join(ROOT, 'docs/runbook.md'), 'utf8')
      .split(/(?=<a id="\d)/)
      .map((part) => [/^<a id="([^"]+)"/.exec(part)?.[1] ?? '', part]),
  );
  /** The line behind a section that says what automates it; parts of a section share the one behind them. */
  const automatedBy = (section: string) =>
    [...sections]
      .filter(([id]) => id === section || id.startsWith(`${section}.`) || id.startsWith(`${section}-`))
      .map(([, part]) => /> Automated by: (.*)/.exec(part)?.[1] ?? '')
      .join(' ');

  it.each(STEP_IDS)('says what %s automates, where its row says it', (step) => {
    for (const section of STEPS[step].runbook.split(', '))
      expect(automatedBy(section), `section ${section}`).toContain(`\`${step}\``);
  });

  it('names steps that exist and no others', () => {
    const named = [...sections.keys()].flatMap((id) => [...automatedBy(id).matchAll(/`([\w-]+)`/g)]);
    expect(named.length).toBeGreaterThan(0);
    for (const [, step] of named) expect(STEP_IDS).toContain(step);
  });

  it.each(Object.entries(CHECKS))('has the section of the check %s', (_check, { runbook }) => {
    expect(anchorsOf('docs/runbook.md')).toContain(runbook);
  });
});
