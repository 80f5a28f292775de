import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

/** Names that code no longer has, and the field's own term instead (docs/architecture.md, Words). */
const FORMER: Readonly<Record<string, string>> = {
  desk: 'inbox',
  teller: 'notifications',
  waysout: 'recovery options',
  look: 'probe',
  looks: 'probes',
  saw: 'observed',
  sight: 'cache',
  settle: 'resolve',
  patience: 'deadline',
  patient: 'deadline',
  unbroken: 'uncancellable',
  wayback: 'compensation',
  claim: 'lock',
  claims: 'locks',
  gate: 'pause point',
};

/** Where such a word is the right one: what others hold, and terms of other fields. */
const RIGHT: Readonly<Record<string, readonly string[]>> = {
  // The fields that records, histories and heartbeats of earlier versions have.
  'src/domain/proof/recorded-checks.ts': ['saw', 'looks'],
  'test/activities/verify.test.ts': ['saw', 'looks'],
  'test/activities/watch-service.test.ts': ['looks'],
  'test/domain/proof/recorded-checks.test.ts': ['saw', 'looks'],
  'test/report/real-histories.test.ts': ['saw'],
  // The workflow type of locks, and an error of the catalogue.
  'src/workflows/index.ts': ['claim'],
  'src/domain/errors.ts': ['claim'],
  // Claims of a JSON Web Token (RFC 7519).
  'src/checks/http/auth.ts': ['claims'],
  'sandbox/orchestrator/auth.ts': ['claims'],
  'test/checks/http/auth.test.ts': ['claims'],
  'test/sandbox/orchestrator/orchestrator.test.ts': ['claims'],
  // Terms of Kubernetes: claims of volumes and devices, readiness gates of pods.
  'src/targets/kubernetes/api/resources.ts': ['claim'],
  'src/targets/kubernetes/template/references.ts': ['claim'],
  'src/targets/kubernetes/workload/stateful-set.ts': ['claim', 'claims'],
  'test/targets/kubernetes/stateful-set/change.test.ts': ['claim', 'claims'],
  'test/targets/kubernetes/template/references.test.ts': ['claim', 'claims'],
  'test/targets/kubernetes/template/config-references.test.ts': ['claim'],
  'test/targets/kubernetes/before-the-change.test.ts': ['claim'],
  'test/targets/kubernetes/access/access.test.ts': ['claim', 'claims'],
  'test/targets/kubernetes/config-rights.test.ts': ['claim'],
  'src/targets/kubernetes/rollout/wait-states/pod-state.ts': ['gate'],
  // A program or address of the profile that says whether the older version can live with today's data.
  'test/stories/preconditions.test.ts': ['gate'],
  'sandbox/node-agent/pod-status.ts': ['gate'],
  // This file.
  'test/names.test.ts': Object.keys(FORMER),
};

const files = ['src', 'sandbox', 'tools', 'bench', 'test', 'examples', 'docs'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|mjs)$/.test(name) && !name.includes('node_modules'))
    .map((name) => join(folder, name)),
);

/** The text without comments and literals: what is left are names. */
function codeOf(text: string): string {
  return text
    .replaceAll(/\/\*[\s\S]*?\*\//g, ' ')
    .replaceAll(/\/(?![/*\s])(?:\\.|\[(?:\\.|[^\]\n])*\]|[^/\n\\[])+\/[dgimsuvy]*/g, ' ')
    .replaceAll(/`(?:\\.|[^`\\])*`/g, (text) => [...text.matchAll(/\$\{([^}]*)\}/g)].join(' '))
    .replaceAll(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g, ' ')
    .replaceAll(/(^|[^:])\/\/.*/gm, '$1 ');
}

/** The words of the names: `openWaysOut` is open, ways, out, and waysout. */
function wordsOf(code: string): Set<string> {
  const words = new Set<string>();
  for (const [name] of code.matchAll(/[A-Za-z][A-Za-z0-9]*/g)) {
    const parts = name.split(/(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])/).map((part) => part.toLowerCase());
    for (const [index, part] of parts.entries()) {
      words.add(part);
      words.add(part + (parts[index + 1] ?? ''));
    }
  }
  return words;
}

function formerNamesIn(path: string): string[] {
  const allowed = RIGHT[path] ?? [];
  const words = wordsOf(
    `${codeOf(readFileSync(join(ROOT, path), 'utf8'))} ${basename(path).replace(/\.ts$/, '')}`,
  );
  return Object.keys(FORMER).filter((name) => words.has(name) && !allowed.includes(name));
}

describe('a former name', () => {
  it('is found as a name, and not in a comment, a text or a longer word', () => {
    expect([...wordsOf('openWaysOut(theDesk)')]).toEqual(expect.arrayContaining(['waysout', 'desk']));
    expect([
      ...wordsOf(codeOf("const probe = 'a desk'; // at the gate\n/* claim */ Promise.allSettled(x)")),
    ]).not.toEqual(expect.arrayContaining(['desk']));
  });

  it('stands nowhere in the code', () => {
    const found = files.flatMap((path) =>
      formerNamesIn(path).map((name) => `${path}: ${name}, which is called ${FORMER[name]} now`),
    );
    expect(found).toEqual([]);
  });
});
