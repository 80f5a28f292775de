/** A registry that wants tokens: its own token server, and a real registry behind it. */
import type { ServerResponse } from 'node:http';
import { request } from 'undici';
import { json, type Play, played, type Seen } from './surroundings.ts';

export interface TokenRules {
  /** Name and password that get a token; without it anybody gets one. */
  readonly login?: string;
  /** Identity token that gets a token. */
  readonly identityToken?: string;
  readonly expiresInS?: number;
  /** The key of the token in the answer. */
  readonly key?: 'token' | 'access_token';
}

/** Starts both. `tokens` are those that are valid now; what is removed from it is valid no more. */
export async function tokenProxy(real: string, rules: TokenRules = {}) {
  const tokens = new Set<string>();
  const answerOf: Play = async (seen, response) => {
    const host = proxy.registry;
    if (seen.path.startsWith('/token')) return giveToken(seen, response, rules, tokens);
    const token = seen.authorization?.replace('Bearer ', '') ?? '';
    if (tokens.has(token)) return forward(real, seen, response);
    const scope = `repository:${seen.path.split('/').slice(2, 4).join('/')}:pull`;
    const challenge = `Bearer realm="http://${host}/token",service="registry.test",scope="${scope}"`;
    json(response, 401, { errors: [{ code: 'UNAUTHORIZED' }] }, { 'www-authenticate': challenge });
  };
  const proxy = await played(answerOf);
  const asked = (start: string) => proxy.seen.filter(({ path }) => path.startsWith(start));
  return { ...proxy, tokens, tokenRequests: () => asked('/token'), questions: () => asked('/v2/') };
}

function giveToken(seen: Seen, response: ServerResponse, rules: TokenRules, tokens: Set<string>): void {
  const form = new URLSearchParams(seen.body);
  const basic = Buffer.from(seen.authorization?.replace('Basic ', '') ?? '', 'base64').toString();
  const isWrong =
    (rules.login !== undefined && basic !== rules.login) ||
    (rules.identityToken !== undefined && form.get('refresh_token') !== rules.identityToken);
  if (isWrong) {
    json(response, 401, { details: 'incorrect username or password' });
    return;
  }
  const token = `token-${tokens.size + 1}`;
  tokens.add(token);
  const { expiresInS, key = 'token' } = rules;
  json(response, 200, { [key]: token, ...(expiresInS === undefined ? {} : { expires_in: expiresInS }) });
}

async function forward(real: string, seen: Seen, response: ServerResponse): Promise<void> {
  const answer = await request(`http://${real}${seen.path}`, {
    method: seen.method as 'GET',
    headers: { accept: seen.accept ?? '*/*' },
  });
  response.writeHead(answer.statusCode, answer.headers as Record<string, string>);
  response.end(Buffer.from(await answer.body.arrayBuffer()));
}
