import type { Fault, SeenRequest } from './fault.ts';

/** The real server takes the request and carries it out; then the fault is done to its answer. */
export function afterwards(fault: Fault): Fault {
  return async (intercepted) => {
    await intercepted.ask();
    await fault(intercepted);
  };
}

/** Something else happens before the request is passed on; everything is right with the request itself. */
export function before(act: (request: SeenRequest) => void | Promise<void>): Fault {
  return async ({ request, pass }) => {
    await act(request);
    await pass();
  };
}

/** Something else happens after the real server has answered and before the client hears of it. No streams. */
export function after(act: (request: SeenRequest) => void | Promise<void>): Fault {
  return async ({ request, ask, reply }) => {
    const answer = await ask();
    await act(request);
    reply(answer);
  };
}
