import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Dispatcher, request } from 'undici';

export interface Transfer {
  readonly dispatcher: Dispatcher;
  readonly signal: AbortSignal;
}

const MOST_REDIRECTS = 5;
const TEXT_LIMIT = 1_000_000;
const PROGRESS_EVERY_MS = 5000;

/** Reads a small text. @throws Error when it is not answered with 200, or too large. */
export async function fetchText(url: string, transfer: Transfer): Promise<string> {
  const { body } = await open(url, transfer);
  let text = '';
  for await (const chunk of body) {
    text += chunk;
    if (text.length > TEXT_LIMIT) throw new Error('the checksum file is too large');
  }
  return text;
}

/**
 * Writes a download to a file.
 * @returns its SHA-256 in hexadecimal.
 * @throws Error when it is not answered with 200, or larger than the limit (bytes).
 */
export async function fetchFile(
  url: string,
  file: string,
  options: Transfer & { readonly sizeLimit: number; readonly progress: (line: string) => void },
): Promise<string> {
  const { headers, body } = await open(url, options);
  const announced = Number(headers['content-length'] ?? 0);
  const tooLarge = new Error(`larger than ${megabytes(options.sizeLimit)} MB`);
  if (announced > options.sizeLimit) {
    body.destroy();
    throw tooLarge;
  }
  const hash = createHash('sha256');
  let received = 0;
  const measured = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      hash.update(chunk);
      done(received > options.sizeLimit ? tooLarge : null, chunk);
    },
  });
  const of = announced > 0 ? ` of ${megabytes(announced)}` : '';
  const tell = () => options.progress(`${megabytes(received)}${of} MB ...`);
  tell();
  const ticker = setInterval(tell, PROGRESS_EVERY_MS);
  try {
    await pipeline(body, measured, createWriteStream(file), { signal: options.signal });
  } finally {
    clearInterval(ticker);
  }
  return hash.digest('hex');
}

async function open(url: string, { dispatcher, signal }: Transfer): Promise<Dispatcher.ResponseData> {
  let address = new URL(url);
  for (let hop = 0; hop <= MOST_REDIRECTS; hop++) {
    const response = await request(address, { dispatcher, signal });
    if (response.statusCode === 200) return response;
    const { location } = response.headers;
    response.body.on('error', () => undefined).destroy();
    if (response.statusCode < 300 || response.statusCode > 399 || typeof location !== 'string') {
      throw new Error(`HTTP ${response.statusCode}`);
    }
    const next = new URL(location, address);
    if (address.protocol === 'https:' && next.protocol !== 'https:')
      throw new Error('redirected away from https');
    address = next;
  }
  throw new Error('too many redirects');
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e6 ? 2 : 0);
}
