import { createHmac, timingSafeEqual } from 'node:crypto';

/** How the stand-in authorises requests (service contract, 2.3). */
export type OrchestratorAuth =
  | { readonly mode: 'none' }
  | { readonly mode: 'static'; readonly token: string }
  | { readonly mode: 'jwt-hs256'; readonly secret: string };

/** Clock skew that is forgiven, in seconds. */
const LEEWAY = 60;

/** True when the `Authorization` header lets the request in. */
export function isAuthorised(auth: OrchestratorAuth, header: string | undefined): boolean {
  if (auth.mode === 'none') return true;
  if (!header?.startsWith('Bearer ')) return false;
  const token = header.slice('Bearer '.length);
  if (auth.mode === 'static') return same(token, auth.token);
  return isValidJwt(token, auth.secret);
}

/** `none` when neither variable is set; `JWT_SECRET` wins, as in the service. */
export function authFromEnvironment(env: Readonly<Record<string, string | undefined>>): OrchestratorAuth {
  if (env.JWT_SECRET?.trim()) return { mode: 'jwt-hs256', secret: env.JWT_SECRET };
  if (env.ORCH_API_TOKEN) return { mode: 'static', token: env.ORCH_API_TOKEN };
  return { mode: 'none' };
}

function same(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function isValidJwt(token: string, secret: string): boolean {
  const [head, payload, signature, ...rest] = token.split('.');
  if (!head || !payload || !signature || rest.length > 0) return false;
  if (!same(signature, createHmac('sha256', secret).update(`${head}.${payload}`).digest('base64url')))
    return false;
  const header = decode(head);
  const claims = decode(payload);
  if (header?.alg !== 'HS256' || claims === undefined || 'aud' in claims) return false;
  const { sub, exp, iat } = claims;
  if (typeof sub !== 'string' || !isUnsigned(exp) || !isUnsigned(iat)) return false;
  return exp + LEEWAY > Date.now() / 1000;
}

function isUnsigned(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}

function decode(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
