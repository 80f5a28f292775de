import {
  answer,
  brokenJson,
  drip,
  type Fault,
  hang,
  hangUp,
  html,
  huge,
  redirect,
  reset,
  wrongTypes,
} from '../../../sandbox/faults/index.ts';

/** An answer that is cut off in the middle: its length is announced. */
const cutOff: Fault = async ({ ask, response, socket }) => {
  const { status, headers, body } = await ask();
  response.writeHead(status, { ...headers, 'content-length': body.length } as never);
  response.write(body.subarray(0, 10), () => socket.destroy());
};
export const json = { 'content-type': 'application/json' };
export const error = (errorType: string, words: string) =>
  JSON.stringify({ status: 'error', errorType, error: words });

/** What is done to every question, or to those after the first, and what the reading says then. */
export interface PrometheusFault {
  readonly fault: string;
  readonly done: Fault;
  readonly why: RegExp;
  /** What it says is of the query: no other server is asked. */
  readonly final?: true;
  readonly hangs?: true;
}

export const PROMETHEUS_FAULTS: readonly PrometheusFault[] = [
  { fault: 'never answers', done: hang, why: /^no answer within/, hangs: true },
  { fault: 'answers a byte at a time', done: drip(100), why: /^no answer within/, hangs: true },
  { fault: 'closes the connection', done: hangUp, why: /^connection (closed|reset)/ },
  { fault: 'resets the connection', done: reset, why: /^connection (closed|reset)/ },
  { fault: 'is cut off in the middle', done: cutOff, why: /^connection (closed|reset)/ },
  { fault: 'speaks no HTTP', done: ({ socket }) => void socket.end('SSH-2.0-OpenSSH\r\n'), why: /not HTTP/ },
  { fault: 'sends without end', done: huge(256 * 2 ** 20), why: /^answer larger than 64 KiB/ },
  {
    fault: 'redirects',
    done: redirect('/api/v1/query'),
    why: /^answered 302, and redirects are not followed/,
  },
  {
    fault: 'shows a login page',
    done: html,
    why: /^answered 200 .*not JSON \(text\/html\): is there a login/,
  },
  {
    fault: 'answers text',
    done: answer(200, 'ok', { 'content-type': 'text/plain' }),
    why: /not JSON \(text\/plain\)/,
  },
  { fault: 'answers nothing', done: answer(200), why: /not JSON \(no media type\)/ },
  { fault: 'cuts its JSON', done: brokenJson, why: /not JSON \(application\/json\)/ },
  { fault: 'has other types in its JSON', done: wrongTypes, why: /not one of the query API/ },
  {
    fault: 'answers JSON of something else',
    done: answer(200, '{"status":"success"}', json),
    why: /not one of the/,
  },
  {
    fault: 'has numbers that are none',
    done: answer(200, '{"status":"success","data":{"resultType":"scalar","result":[1,"many"]}}', json),
    why: /not one of the query API/,
  },
  {
    fault: 'wants another login',
    done: answer(401, 'who?'),
    why: /^answered 401: the login was not accepted$/,
  },
  { fault: 'forbids it', done: answer(403, error('forbidden', 'no'), json), why: /^answered 403: the login/ },
  {
    fault: 'is not at this path',
    done: answer(404, '404 page not found'),
    why: /^answered 404: is the path/,
  },
  {
    fault: 'is asked too often',
    done: answer(429, '', { 'retry-after': '7' }),
    why: /^answered 429 .* alone for 7 s$/,
  },
  { fault: 'is broken', done: answer(500, 'oops'), why: /^answered 500 \(no media type\)$/ },
  {
    fault: 'has nobody behind it',
    done: answer(502, '<h1>Bad Gateway</h1>', { 'content-type': 'text/html' }),
    why: /^answered 502/,
  },
  {
    fault: 'is starting, and asks to wait',
    done: answer(503, 'Service Unavailable', { 'retry-after': '30' }),
    why: /^answered 503 .*asks to be left alone for 30 s$/,
  },
  {
    fault: 'gives the query up',
    done: answer(503, error('timeout', 'query timed out in expression evaluation'), json),
    why: /^answered 503 \(timeout: query timed out in expression evaluation\)$/,
  },
  {
    fault: 'refuses the query',
    done: answer(
      400,
      error('bad_data', 'ask http://10.1.2.3:9090/x, thanos-0.thanos:10901 or [fd00::1]:90'),
      json,
    ),
    why: /^refuses the query \(bad_data: ask \(address\) \(address\) or \(address\)\)$/,
    final: true,
  },
  {
    fault: 'cannot carry the query out',
    done: answer(422, error('execution', `too many samples ${'x'.repeat(5000)}`), json),
    why: /^refuses the query \(execution: too many samples x{100,200}…\)$/,
    final: true,
  },
];
