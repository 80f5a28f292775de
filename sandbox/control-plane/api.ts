import { Agent, type Dispatcher, request } from 'undici';

/** A Kubernetes object as JSON. */
// biome-ignore lint/suspicious/noExplicitAny: objects of every kind, read field by field
export type KubernetesObject = any;

/** The API server with one identity. */
export interface KubernetesApi {
  readonly server: string;
  call(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    contentType?: string,
  ): Promise<{ readonly status: number; readonly body: KubernetesObject }>;
  /** As `call`, but an answer of 400 and above is an error. */
  must(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    contentType?: string,
  ): Promise<KubernetesObject>;
  /** Events of a watch, until the signal or the connection ends. */
  watch(path: string, signal: AbortSignal): AsyncGenerator<{ type: string; object: KubernetesObject }>;
  close(): Promise<void>;
}

export const MERGE_PATCH = 'application/merge-patch+json';
export const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';

export function openApi(server: string, ca: string, token: string): KubernetesApi {
  const dispatcher: Dispatcher = new Agent({
    connect: { ca },
    allowH2: true,
    connections: 4,
    bodyTimeout: 0,
  });
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json', 'user-agent': 'sandbox' };
  const call: KubernetesApi['call'] = async (method, path, body, contentType = 'application/json') => {
    const response = await request(server + path, {
      method,
      dispatcher,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': contentType }) },
      body: body === undefined ? null : JSON.stringify(body),
      headersTimeout: 30_000,
    });
    const text = await response.body.text();
    return { status: response.statusCode, body: text.startsWith('{') ? JSON.parse(text) : text };
  };
  return {
    server,
    call,
    async must(method, path, body, contentType) {
      const answer = await call(method, path, body, contentType);
      if (answer.status < 400) return answer.body;
      throw new Error(`${method} ${path}: ${answer.status} ${answer.body?.message ?? answer.body}`);
    },
    async *watch(path, signal) {
      const separator = path.includes('?') ? '&' : '?';
      const { statusCode, body } = await request(
        `${server}${path}${separator}watch=true&allowWatchBookmarks=true`,
        { dispatcher, headers, signal, bodyTimeout: 0 },
      );
      if (statusCode >= 400) throw new Error(`WATCH ${path}: ${statusCode} ${await body.text()}`);
      // A character of several bytes may lie on the border of two chunks.
      body.setEncoding('utf8');
      let rest = '';
      for await (const chunk of body) {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) yield JSON.parse(line);
      }
    },
    close: () => dispatcher.destroy(),
  };
}
