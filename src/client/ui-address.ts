/** The Temporal UI's page of a run; undefined when the UI is not known. */
export function runAddress(
  ui: string | undefined,
  namespace: string,
  workflowId: string,
  runId: string,
): string | undefined {
  if (!ui) return undefined;
  return `${ui.replace(/\/$/, '')}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}/${runId}`;
}
