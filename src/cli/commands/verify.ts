import { startVerify } from '../../client/index.ts';
import type { CheckId } from '../../domain/proof/checks.ts';
import type { VerifyRequest } from '../../domain/request/request.ts';
import { openSession } from '../session/open-session.ts';
import { type SessionOptions, withService } from '../session/session.ts';
import { followToTheEnd, type RunOptions } from '../start-and-follow.ts';

interface VerifyOptions extends SessionOptions, RunOptions {
  readonly environment?: string;
  readonly reason?: string;
  readonly requestedBy?: string;
  readonly accept?: readonly CheckId[];
}

/** `runbook verify`. */
export async function verify(service: string | undefined, options: VerifyOptions): Promise<void> {
  const request: VerifyRequest = {
    ...(service ? { service } : {}),
    ...(options.environment ? { environment: options.environment } : {}),
    ...(options.reason ? { reason: options.reason } : {}),
    ...(options.requestedBy ? { requestedBy: options.requestedBy } : {}),
    ...(options.accept ? { accept: options.accept } : {}),
  };
  await using session = await openSession(options);
  await followToTheEnd(session, options, () =>
    startVerify(
      session.client,
      withService(request, session),
      options.workflowId ? { workflowId: options.workflowId } : {},
    ),
  );
}
