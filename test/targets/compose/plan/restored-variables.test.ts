import { describe, expect, it } from 'vitest';
import type { LoadedProject } from '../../../../src/targets/compose/load/load-project.ts';
import { restoreVariables } from '../../../../src/targets/compose/plan/restored-variables.ts';
import { readProject } from '../../../../src/targets/compose/project/index.ts';

/** A service of a project with these files, as far as its variables are looked at. */
async function project(files: Readonly<Record<string, string>>, envFiles: readonly string[]) {
  const options = { files: ['compose.yml'], envFiles, environment: {}, service: 'web' };
  const service = await readProject(options, async (path) => files[path]);
  const read = new Map(Object.entries(files).map(([path, text]) => [path, { text }]));
  return { service, read } as unknown as LoadedProject;
}

/** What becomes of the env files, and what is said. */
async function restored(
  compose: string,
  now: Readonly<Record<string, string>>,
  then: Readonly<Record<string, string>>,
  sharedFiles?: 'change',
) {
  const envFiles = Object.keys(now);
  const [present, before] = await Promise.all(
    [now, then].map((env) => project({ 'compose.yml': compose, ...env }, envFiles)),
  );
  const kept = new Map(Object.entries(then).map(([path, text]) => [path, Buffer.from(text)]));
  const policy = sharedFiles ? { sharedFiles } : {};
  const { contents, warnings } = restoreVariables(present!, before!, kept, policy);
  return { files: Object.fromEntries([...contents].map(([path, text]) => [path, String(text)])), warnings };
}

const web = (lines: string) => `services:\n  web:\n    image: "app:$TAG"\n${lines}`;

describe('variables of a service', () => {
  it.each<[string, string]>([
    ['a line of its own', web(`    environment: {MODEL: "\${MODEL:-none}"}\n`)],
    ['a variable that is passed through', web('    environment: [MODEL]\n')],
    ['an inline config', `${web('    configs: [c]\n')}configs: {c: {content: "m = $MODEL"}}\n`],
    ['a config from a variable', `${web('    configs: [c]\n')}configs: {c: {environment: MODEL}}\n`],
    ['a secret from a variable', `${web('    secrets: [s]\n')}secrets: {s: {environment: MODEL}}\n`],
    ['another variable', web('    command: ["--model", "$WHOLE"]\n')],
  ])('come back where %s uses them, and that of the image does not', async (_what, compose) => {
    const whole = 'WHOLE=of-$MODEL\n';
    const now = { 'prod.env': `TAG=v2\nMODEL=bad\nOTHER=now\n${whole}` };
    const then = { 'prod.env': `TAG=v1\nMODEL=good\nOTHER=then\n${whole}` };
    expect(await restored(compose, now, then)).toEqual({
      files: { 'prod.env': `TAG=v2\nMODEL=good\nOTHER=now\n${whole}` },
      warnings: [],
    });
  });

  it('come back in the file that decides, of several', async () => {
    const compose = web('    environment: {MODEL: $MODEL}\n');
    const base = 'TAG=v1\nMODEL=base\n';
    const answer = await restored(
      compose,
      { '.env': base, 'prod.env': 'MODEL=bad\n' },
      { '.env': base, 'prod.env': 'MODEL=good\n' },
    );
    expect(answer.files).toEqual({ 'prod.env': 'MODEL=good\n' });
  });

  it('go where there were none, and come where there are none any more', async () => {
    const compose = web(`    environment: {A: "\${A:-}", B: "\${B:-}"}\n`);
    const answer = await restored(compose, { '.env': 'TAG=v1\nA=1\n' }, { '.env': 'TAG=v1\nB=2\n' });
    expect(answer.files).toEqual({ '.env': 'TAG=v1\nB=2\n' });
  });

  it.each<[string, string]>([
    ['in a line', '    environment: {MODEL: $MODEL}\n'],
    ['with the whole file', '    env_file: .env\n'],
    ['in an inline config', '    configs: [c]\n'],
  ])(
    'stay where another service uses them too %s, unless the profile says otherwise',
    async (_how, lines) => {
      const compose = `${web('    environment: {MODEL: $MODEL}\n')}  db:\n    image: db:v1\n${lines}configs: {c: {content: "m = $MODEL"}}\n`;
      const [now, then] = [{ '.env': 'TAG=v1\nMODEL=bad\n' }, { '.env': 'TAG=v1\nMODEL=good\n' }];
      const kept = await restored(compose, now, then);
      expect(kept.files).toEqual({});
      expect(kept.warnings).toEqual([
        expect.stringMatching(/^MODEL in \.env is used by db too, .*stays as it is/),
      ]);
      const changed = await restored(compose, now, then, 'change');
      expect(changed.files).toEqual(then);
      expect(changed.warnings).toEqual([
        'MODEL in .env is used by db too: their next up takes what it holds then',
      ]);
    },
  );
});
