import { randomUUID } from 'node:crypto';
import { request } from 'undici';
import { until } from '../../tools/until.ts';

/** What users meet once a few chats have failed on every pod. */
const SYMPTOMS = [/but status "error"/, /llm_router_agent unhealthy/];

/** Uses the service until it shows what is wrong with it. @throws the signal's reason when it aborts. */
export function symptomsOf(url: string, signal: AbortSignal): Promise<readonly string[]> {
  const asked = async () => {
    const lines = await probeService(url);
    return SYMPTOMS.every((symptom) => symptom.test(lines.join())) && lines;
  };
  return until('the symptoms', asked, { signal });
}

/** What a user of the service sees now, a line each. */
export async function probeService(url: string): Promise<readonly string[]> {
  const health = await json(`${url}/health`);
  const lines = [
    `GET  /health         status "${health.status}", ${health.llm_provider} / ${health.llm_model}`,
  ];
  const chat = await json(`${url}/api/v1/chat`, {
    message: `hello ${randomUUID()}`,
    correlation_id: randomUUID(),
  });
  lines.push(
    chat.status === 'success'
      ? `POST /api/v1/chat    status "success", ${JSON.parse(chat.output).data.slice(0, 40)}…`
      : `POST /api/v1/chat    HTTP 200, but status "${chat.status}": ${chat.error.code}, ${chat.error.message}`,
  );
  const agents: { agent_id: string; health: string; consecutive_failures: number }[] = await json(
    `${url}/api/v1/agents`,
  );
  const rows = agents.map(
    (agent) => `${agent.agent_id} ${agent.health} (${agent.consecutive_failures} failures in a row)`,
  );
  lines.push(`GET  /api/v1/agents  ${rows.join(', ') || 'no agent seen yet'}`);
  return lines;
}

// biome-ignore lint/suspicious/noExplicitAny: answers of the stand-in, whose shape the contract fixes
async function json(url: string, body?: unknown): Promise<any> {
  const response = await request(url, {
    method: body ? 'POST' : 'GET',
    headers: { 'content-type': 'application/json' },
    body: body ? JSON.stringify(body) : null,
    headersTimeout: 10_000,
    // Every question on a connection of its own, so that all pods are seen.
    reset: true,
  });
  return response.body.json();
}
