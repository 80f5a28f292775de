/** One way to log in that a server offers. */
export interface Challenge {
  /** In lower case: `bearer`, `basic`. */
  readonly scheme: string;
  /** By name in lower case. */
  readonly parameters: Readonly<Record<string, string>>;
}

const PIECES = /(?:[^",]|"(?:[^"\\]|\\.)*(?:"|$))+/g;
// Some servers leave the quotes of an address out.
const PARAMETER = /^([\w!#$%&'*+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",=][^\s",]*))$/;
const SCHEME = /^([\w!#$%&'*+.^`|~-]+)(?:\s+(.*))?$/s;

/**
 * Reads `WWW-Authenticate` (RFC 9110, section 11.6.1): several challenges, each with parameters, in one line. What is
 * not understood is passed over; of a parameter given twice the first counts.
 */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  for (const piece of header.match(PIECES) ?? []) {
    const text = piece.trim();
    const parameter = PARAMETER.exec(text);
    if (parameter) {
      keep(challenges.at(-1)?.parameters, parameter);
      continue;
    }
    const [, scheme, rest] = SCHEME.exec(text) ?? [];
    if (scheme === undefined) continue;
    const parameters: Record<string, string> = Object.create(null);
    challenges.push({ scheme: scheme.toLowerCase(), parameters });
    keep(parameters, PARAMETER.exec(rest?.trim() ?? ''));
  }
  return challenges;
}

function keep(parameters: Record<string, string> | undefined, found: RegExpExecArray | null): void {
  if (!parameters || !found) return;
  const [, name = '', quoted, plain = ''] = found;
  parameters[name.toLowerCase()] ??= quoted?.replace(/\\(.)/g, '$1') ?? plain;
}
