import { readFile, writeFile } from 'node:fs/promises';
import { type Markdown, md } from '../../domain/media/markdown.ts';
import { runbookCommand } from '../../domain/media/shell.ts';
import { type Audit, auditHistory } from '../../report/from-history.ts';
import { type HistoryFile, parseHistory } from '../../report/history-file.ts';
import { renderMarkdown } from '../../report/markdown.ts';
import { CommandError, EXIT } from '../errors/exit-codes.ts';
import type { SessionOptions } from '../session/session.ts';
import { out } from '../show/terminal.ts';

interface AuditOptions extends SessionOptions {
  readonly runId?: string;
  readonly json?: boolean;
  readonly save?: string;
}

/** `runbook audit`: the whole story of a run, from its history alone. A file needs no server. */
export async function audit(subject: string, options: AuditOptions): Promise<void> {
  const { history, workflowId, runId } = (await fromFile(subject)) ?? (await fromServer(subject, options));
  if (options.save) await writeFile(options.save, `${JSON.stringify(history, null, 2)}\n`);
  let found: Audit;
  try {
    found = auditHistory(history, { ...(workflowId ? { workflowId } : {}), ...(runId ? { runId } : {}) });
  } catch (error) {
    throw new CommandError(EXIT.usage, `${subject}: ${(error as Error).message}`);
  }
  if (options.json) out.json(found);
  else out.text(`${renderMarkdown(found.report)}\n${source(found).text}\n`);
}

function source({ events, workers, agrees }: Audit): Markdown {
  const own =
    agrees === undefined
      ? md``
      : agrees
        ? md` The workflow’s own result agrees.`
        : md` **The workflow’s own result differs.**`;
  return md`_Rebuilt from ${events} history events; workers: ${workers.join(', ') || 'none'}.${own}_`;
}

interface Loaded {
  readonly history: HistoryFile;
  readonly workflowId?: string;
  readonly runId?: string;
}

/** Whether it is written as a file is: no workflow id of ours is. */
function isPath(subject: string): boolean {
  return /\.json$|^(?:\.{1,2}|~)\//.test(subject);
}

async function fromFile(file: string): Promise<Loaded | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (
      (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'ENAMETOOLONG') &&
      !isPath(file)
    )
      return undefined;
    if (error.code === 'ENOENT')
      throw new CommandError(
        EXIT.usage,
        `there is no file ${file}; a run is named by its workflow id: ${runbookCommand('status', [])} lists them`,
      );
    throw new CommandError(EXIT.usage, `${file}: ${error.message}`);
  });
  if (text === undefined) return undefined;
  try {
    return { history: parseHistory(text) };
  } catch (error) {
    throw new CommandError(EXIT.usage, `${file}: ${(error as Error).message}`);
  }
}

async function fromServer(workflowId: string, options: AuditOptions): Promise<Loaded> {
  const [{ openSession }, { describeRun }, { historyToJSON }] = await Promise.all([
    import('../session/open-session.ts'),
    import('../../client/described-run.ts'),
    import('@temporalio/common/lib/proto-utils.js'),
  ]);
  await using session = await openSession(options).catch((error: unknown) => {
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(
      error.exitCode,
      `there is no file ${workflowId}, and as a workflow id: ${error.message}`,
    );
  });
  const { workflow } = session.client;
  try {
    // It tells a namespace that is not there from a run that is not, and which run is the latest.
    const { runId } = await describeRun(session.client, workflowId, options.runId);
    const history = await workflow.getHandle(workflowId, runId).fetchHistory();
    return { history: parseHistory(historyToJSON(history)), workflowId, runId };
  } catch (error) {
    if ((error as Error).name !== 'WorkflowNotFoundError') throw error;
    throw new CommandError(EXIT.usage, `there is neither a file nor a run ${workflowId}`);
  }
}
