import { readFile, stat } from 'node:fs/promises';

/** One request as the API server's audit log has it (stage ResponseComplete, level Metadata). */
export interface AuditEvent {
  readonly auditID: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly user: string;
  readonly userAgent: string;
  readonly status: number;
  readonly at: string;
  readonly stage: string;
}

/** A place in the log, to read on from. */
export type AuditMark = number;

/** Where the log ends now. */
export async function auditMark(file: string): Promise<AuditMark> {
  return (await stat(file).catch(() => undefined))?.size ?? 0;
}

/** The requests since a mark, each once: a watch is counted when it starts, everything else when it is answered. */
export async function auditEvents(file: string, since: AuditMark = 0): Promise<readonly AuditEvent[]> {
  const content = await readFile(file);
  const lines = content
    .subarray(since)
    .toString()
    .split('\n')
    .filter((line) => line.endsWith('}'));
  const events = new Map<string, AuditEvent>();
  for (const line of lines) {
    const event = JSON.parse(line);
    if (events.has(event.auditID)) continue;
    // A watch that began before the mark is logged a second time when it ends.
    if (event.verb === 'watch' && content.subarray(0, since).includes(event.auditID)) continue;
    events.set(event.auditID, {
      auditID: event.auditID,
      verb: event.verb,
      requestURI: event.requestURI,
      user: event.user?.username ?? '',
      userAgent: event.userAgent ?? '',
      status: event.responseStatus?.code ?? 0,
      at: event.requestReceivedTimestamp,
      stage: event.stage,
    });
  }
  return [...events.values()];
}

/** Policy: every request, without bodies. */
export const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata' }],
};
