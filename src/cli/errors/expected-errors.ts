import { isGrpcServiceError } from '@temporalio/client';
import { EXIT } from './exit-codes.ts';

/** How a command ends by an error that is no bug. */
export interface Expected {
  readonly exitCode: number;
  readonly message: string;
}

/** Numbers of google.rpc.Code. */
const INVALID_ARGUMENT = 3;
const DEADLINE_EXCEEDED = 4;
const NOT_FOUND = 5;
const PERMISSION_DENIED = 7;
const RESOURCE_EXHAUSTED = 8;
const FAILED_PRECONDITION = 9;
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;

/** An error of the Temporal service or of a file in words, with the remedy; undefined for anything else. */
export function expectedError(error: unknown): Expected | undefined {
  return ofTemporal(error) ?? ofFile(error);
}

function ofTemporal(error: unknown): Expected | undefined {
  const { name, namespace } = error as { name?: string; namespace?: string };
  if (name === 'NamespaceNotFoundError') return noNamespace(namespace ?? 'of this name');
  const cause = isGrpcServiceError(error) ? error : (error as Error | undefined)?.cause;
  if (!isGrpcServiceError(cause)) return undefined;
  const details = cause.details || cause.message;
  switch (cause.code) {
    case NOT_FOUND: {
      const [, missing] = /^Namespace (\S+) is not found/.exec(details) ?? [];
      return missing
        ? noNamespace(missing)
        : { exitCode: EXIT.usage, message: `Temporal has no such thing: ${details}` };
    }
    case INVALID_ARGUMENT:
    case FAILED_PRECONDITION:
      return { exitCode: EXIT.usage, message: `Temporal refuses this: ${details}` };
    case PERMISSION_DENIED:
    case UNAUTHENTICATED:
      return {
        exitCode: EXIT.unavailable,
        message: `Temporal does not let this command in: ${details}. Check TEMPORAL_API_KEY, TEMPORAL_TLS… and --profile`,
      };
    case DEADLINE_EXCEEDED:
    case RESOURCE_EXHAUSTED:
    case UNAVAILABLE:
      return {
        exitCode: EXIT.unavailable,
        message: `Temporal does not answer: ${details}. Runs that were started are kept; try again`,
      };
    default:
      return undefined;
  }
}

function noNamespace(namespace: string): Expected {
  return {
    exitCode: EXIT.usage,
    message: `the Temporal service has no namespace ${namespace}. TEMPORAL_NAMESPACE or the profile (--profile) names it; temporal operator namespace list shows those that are there`,
  };
}

function ofFile(error: unknown): Expected | undefined {
  const { code, path } = error as NodeJS.ErrnoException;
  if (typeof path !== 'string' || !/^E[A-Z]+$/.test(code ?? '')) return undefined;
  return { exitCode: EXIT.usage, message: `${path}: ${FILE_PROBLEMS[code ?? ''] ?? code}` };
}

const FILE_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'may not be read or written by this user',
  EPERM: 'may not be read or written by this user',
  EROFS: 'stands on a file system that is read-only',
  EISDIR: 'is a folder',
  ENOTDIR: 'a part of the path is no folder',
  ENOSPC: 'there is no space left',
};
