import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RunbookError } from '../../src/domain/errors.ts';
import type { RunReport } from '../../src/domain/ledger/ledger.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { writeRecord } from '../../src/report/write-record.ts';

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'runbook-records-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

function report(change: Partial<RunReport> = {}): RunReport {
  return {
    workflow: 'rollback',
    workflowId: 'rollback/orchestrator',
    runId: '0a1b2c3d-0000-7000-8000-0123456789ab',
    outcome: 'rolled-back',
    summary: 'ü: 0.2.0 -> 0.1.0',
    startedAt: '2026-01-01T00:00:00.000Z',
    ledger: [],
    ...change,
  };
}

describe('a record', () => {
  it('is a Markdown file for people and a JSON file for programs, with the hash of the JSON', async () => {
    const folder = await temporaryFolder();
    const { markdown, json, sha256 } = await writeRecord(folder, report());
    expect(markdown).toBe(join(folder, 'rollback_orchestrator-0123456789ab.md'));
    expect(json).toBe(join(folder, 'rollback_orchestrator-0123456789ab.json'));
    expect(await readFile(markdown, 'utf8')).toBe(renderMarkdown(report()));
    const bytes = await readFile(json);
    expect(JSON.parse(bytes.toString())).toEqual(report());
    expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it('makes the folder, and the folders above it', async () => {
    const folder = join(await temporaryFolder(), 'a', 'b');
    const { json } = await writeRecord(folder, report());
    expect(dirname(json)).toBe(folder);
    expect(await readdir(folder)).toHaveLength(2);
  });

  it.each([
    ['rollback/../../etc', 'rollback_.._.._etc-0123456789ab'],
    ['/etc/passwd', '_etc_passwd-0123456789ab'],
    ['..', '..-0123456789ab'],
    ['C:\\temp\\x', 'C_temp_x-0123456789ab'],
    ['a\u0000b\nc d*?"<>|', 'a_b_c_d_-0123456789ab'],
    ['rück/выкат', 'r_ck_-0123456789ab'],
  ])('of the workflow %j stays in its folder', async (workflowId, name) => {
    const folder = await temporaryFolder();
    const files = await writeRecord(folder, report({ workflowId }));
    expect(files).toMatchObject({ markdown: join(folder, `${name}.md`), json: join(folder, `${name}.json`) });
    expect((await readdir(folder)).sort()).toEqual([`${name}.json`, `${name}.md`]);
  });

  it.each([
    ['workflow id', { workflowId: `${'../'.repeat(300)}etc` }],
    ['run id', { runId: '../../../etc' }],
  ])('stays in its folder and has a name that a file can have, whatever the %s', async (_title, change) => {
    const folder = await temporaryFolder();
    const { markdown, json } = await writeRecord(folder, report(change));
    expect((await readdir(folder)).sort()).toEqual([basename(json), basename(markdown)]);
  });

  it('is replaced as a whole when it is written again, and leaves nothing else', async () => {
    const folder = await temporaryFolder();
    const long = report({ summary: 'x'.repeat(5000) });
    const first = await writeRecord(folder, long);
    const second = await writeRecord(folder, report());
    expect(second).toMatchObject({ markdown: first.markdown, json: first.json });
    expect(second.sha256).not.toBe(first.sha256);
    expect(await readFile(second.markdown, 'utf8')).toBe(renderMarkdown(report()));
    expect(JSON.parse(await readFile(second.json, 'utf8'))).toEqual(report());
    expect(await readdir(folder)).toHaveLength(2);
  });

  it('does not replace that of another run of the same workflow', async () => {
    const folder = await temporaryFolder();
    await writeRecord(folder, report());
    await writeRecord(folder, report({ runId: '0a1b2c3d-0000-7000-8000-0123456789ac' }));
    expect(await readdir(folder)).toHaveLength(4);
  });

  it.each([
    ['a file stands where the folder should be', [], 'EEXIST'],
    ['a file stands above the folder', ['deep', 'records'], 'ENOTDIR'],
  ])('names the folder when %s, and is not tried again', async (_title, below, code) => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, 'mine');
    const folder = join(file, ...below);
    const error = await writeRecord(folder, report()).then(
      () => expect.fail('it was written'),
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(RunbookError);
    expect(error).toMatchObject({ type: 'RecordFailed', retryable: false, message: `${folder}: ${code}` });
    expect(await readFile(file, 'utf8')).toBe('mine');
  });

  it('is tried again when the reason may pass', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'rollback_orchestrator-0123456789ab.md'));
    await expect(writeRecord(folder, report())).rejects.toMatchObject({
      type: 'RecordFailed',
      retryable: true,
      message: `${folder}: EISDIR`,
    });
  });
});
