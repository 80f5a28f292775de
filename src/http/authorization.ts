import { RunbookError } from '../domain/errors.ts';

/**
 * The header that carries a bearer token.
 * @throws RunbookError `SecretUnavailable` for what cannot be one.
 */
export function bearer(token: string): Readonly<Record<string, string>> {
  // RFC 6750, section 2.1: anything else would be refused, or would break the header.
  if (!/^[A-Za-z0-9._~+/-]+=*$/.test(token)) {
    throw new RunbookError(
      'SecretUnavailable',
      'the bearer token holds characters that a token cannot have (a space, a line break, or the word Bearer in front)',
    );
  }
  return { authorization: `Bearer ${token}` };
}

/** The value of `Authorization` for a name and password (RFC 7617). */
export function basic({ username, password }: { readonly username: string; readonly password: string }) {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}
