import * as z from 'zod';

/** The base address of a service: http or https, with a path or without one, and nothing else. No slash at its end. */
export function httpAddress() {
  return z
    .string()
    .refine((url) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol), {
      error: 'expected an http or https address',
      abort: true,
    })
    .refine((url) => new URL(url).username === '' && new URL(url).password === '', {
      error: 'credentials may not stand in an address: use auth',
    })
    .refine((url) => new URL(url).search === '' && new URL(url).hash === '', {
      error: 'an endpoint has no query and no fragment',
    })
    .transform((url) => url.replace(/\/+$/, ''));
}
