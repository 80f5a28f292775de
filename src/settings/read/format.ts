import type { Format } from '../setting.ts';

const BY_ENDING: Readonly<Record<string, Format>> = {
  toml: 'TOML',
  yaml: 'YAML',
  yml: 'YAML',
  json: 'JSON',
  env: 'env file',
};

/** How a key or a file is read, by its name: `config.toml`, `.env`, `.env.production`, `app.env`. */
export function formatOf(key: string): Format {
  const name = key.slice(Math.max(key.lastIndexOf('/'), key.lastIndexOf('\\')) + 1).toLowerCase();
  const ending = name.slice(name.lastIndexOf('.') + 1);
  const known = name.includes('.') && Object.hasOwn(BY_ENDING, ending) ? BY_ENDING[ending] : undefined;
  return known ?? (name.startsWith('.env.') ? 'env file' : 'one value');
}
