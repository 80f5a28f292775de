import { RunbookError } from '../../../domain/errors.ts';
import { shellWord } from '../../../domain/media/shell.ts';

interface WriteFault {
  readonly what: string;
  readonly remedy: string;
  readonly retryable: boolean;
}

const REASONS: { readonly [code: string]: WriteFault } = {
  ENOSPC: { what: 'the disk is full', remedy: 'make room on it', retryable: true },
  EDQUOT: { what: 'the quota is used up', remedy: 'make room, or raise the quota', retryable: true },
  EIO: { what: 'the disk reports an error', remedy: 'check the disk', retryable: true },
  EROFS: {
    what: 'its file system is read-only',
    remedy:
      'mount it writable for the worker (it may have gone read-only after an error: see the kernel log)',
    retryable: false,
  },
  EACCES: {
    what: 'the worker has no right to write it',
    remedy: 'run the worker as the owner of the file, and make file and folder writable for it',
    retryable: false,
  },
  EPERM: {
    what: 'the worker may not replace it: it is immutable, or belongs to somebody else',
    remedy: 'run the worker as the owner of the file or as root, and check lsattr',
    retryable: false,
  },
  EBUSY: {
    what: 'it is mounted on its own and cannot be replaced',
    remedy: 'mount the whole project folder, not the single file',
    retryable: false,
  },
};

/**
 * What an operator is told when a file could not be written.
 * @returns RunbookError `FileNotWritten`, tried again where the reason may pass; what is no error of the file
 *   system is returned as it is.
 */
export function notWritten(file: string, error: unknown): unknown {
  if (error instanceof RunbookError) return error;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return error;
  const { what, remedy, retryable } = REASONS[code] ?? {
    what: `${syscall} failed`,
    remedy: 'check the file and its folder',
    retryable: true,
  };
  const message = `${file} was not written and is as it was: ${what} (${code}); ${remedy}`;
  return new RunbookError('FileNotWritten', message, { cause: error, retryable });
}

/** A file that nobody may write, which root would not notice. */
export function readOnly(file: string): RunbookError {
  return new RunbookError(
    'FileNotWritten',
    `${file} was not written and is as it was: it is read-only, for its owner too; chmod u+w ${shellWord(file)}`,
    { retryable: false },
  );
}

/** The new content is in place, and the disk did not confirm it. */
export function notLasting(file: string, error: unknown): RunbookError {
  const { code = 'unknown error' } = error as NodeJS.ErrnoException;
  const message = `${file} has its new content, which may not outlive a loss of power (${code}); check the disk`;
  return new RunbookError('FileNotWritten', message, { cause: error });
}
