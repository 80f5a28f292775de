import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { RunbookError } from '../domain/errors.ts';
import type { RecordedFiles, RunReport } from '../domain/ledger/ledger.ts';
import { visibleJson } from '../domain/media/visible.ts';
import { renderMarkdown } from './markdown.ts';

/** Codes of a folder that no repetition makes writable: a read-only disk, a missing right, a file in its place. */
export const UNWRITABLE: ReadonlySet<string> = new Set(['EROFS', 'EACCES', 'EPERM', 'ENOTDIR', 'EEXIST']);

/**
 * Writes the incident record: one Markdown file for people, one JSON file for programs. The names come from
 * workflow and run, so a repeated write replaces the same files, and no other run's. The end of a run id tells runs
 * apart: its beginning is a clock (RFC 9562, version 7).
 * @throws RunbookError `RecordFailed`.
 */
export async function writeRecord(folder: string, report: RunReport): Promise<RecordedFiles> {
  const safe = (id: string) => id.replaceAll(/[^\w.-]+/g, '_');
  const name = `${safe(report.workflowId).slice(0, 120)}-${safe(report.runId.slice(-12))}`;
  const target = resolve(folder);
  const text = `${visibleJson(report, 2)}\n`;
  try {
    await mkdir(target, { recursive: true });
    await assertNobodyElses(join(target, `${name}.json`), report);
    const markdown = await replace(join(target, `${name}.md`), renderMarkdown(report));
    const json = await replace(join(target, `${name}.json`), text);
    return { markdown, json, sha256: createHash('sha256').update(text).digest('hex') };
  } catch (error) {
    if (error instanceof RunbookError) throw error;
    const { code = 'failed' } = error as NodeJS.ErrnoException;
    const lasting = UNWRITABLE.has(code) ? { retryable: false } : {};
    throw new RunbookError('RecordFailed', `${target}: ${code}`, { cause: error, ...lasting });
  }
}

/** Ids that differ can have the same safe name. @throws RunbookError `RecordFailed` */
async function assertNobodyElses(file: string, { workflowId, runId }: RunReport): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  let written: Partial<RunReport> | null = null;
  try {
    written = JSON.parse(text);
  } catch {
    // Cut off by a full disk: whose it was does not matter any more.
  }
  if (!written || (written.workflowId === workflowId && written.runId === runId)) return;
  throw new RunbookError('RecordFailed', `${file} is the record of another run, and is not overwritten`, {
    retryable: false,
  });
}

async function replace(file: string, text: string): Promise<string> {
  const fresh = `${file}.new`;
  await writeFile(fresh, text);
  await rename(fresh, file);
  return file;
}
