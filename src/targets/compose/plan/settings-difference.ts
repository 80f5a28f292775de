import type { Masker } from '../../../domain/masking/mask-value.ts';
import { compareSettings, differenceLines, type ReadFile, readFile } from '../../../settings/index.ts';
import type { LoadedProject } from '../load/load-project.ts';
import { placeOf } from '../project/index.ts';

/** Files that are config as a whole. What a compose file or `.env` says of the service is in its definition. */
const WHOLE = ['env-file', 'config', 'bind', 'secret'];

/**
 * The settings that change with a rollback, a line each: of env files, config files and mounted files, of contents that the
 * compose files hold themselves, and of the service's own variables. What is secret in them is masked.
 * @param before the project as its files are. @param after as they will be.
 * @param contents the files that change.
 */
export function settingsDifference(
  before: LoadedProject,
  after: LoadedProject,
  contents: ReadonlyMap<string, Buffer>,
  masker: Masker,
): readonly string[] {
  const bytesBefore = (path: string) => before.read.get(path)?.bytes;
  const bytesAfter = (path: string) => contents.get(path);
  return [
    ...differenceLines(
      compareSettings(
        [...filesOf(before, contents, bytesBefore), ...ownSettings(before)],
        [...filesOf(after, contents, bytesAfter), ...ownSettings(after)],
        masker,
      ),
    ),
    ...secretsChanged(before, after).map((name) => `${name}: another content (masked)`),
  ];
}

/** Secrets from variables that will have another content, as far as that is known. */
function secretsChanged(before: LoadedProject, after: LoadedProject): readonly string[] {
  const [now, then] = [before, after].map(({ service }) =>
    record((service.definition as Readonly<Record<string, unknown>>).inlineSecrets),
  );
  return Object.keys(then ?? {})
    .filter((name) => now?.[name] !== then?.[name])
    .map((name) => `secret/${name}`);
}

function filesOf(
  { files, service }: LoadedProject,
  changed: ReadonlyMap<string, Buffer>,
  bytesOf: (path: string) => Buffer | undefined,
): readonly ReadFile[] {
  return files
    .filter(({ path, kind }) => WHOLE.includes(kind) && changed.has(path))
    .flatMap(({ path, kind }) => {
      const content = bytesOf(path);
      const secret = kind === 'secret' ? service.secrets.find((one) => one.path === path) : undefined;
      if (secret && content) {
        return [readFile({ object: secret.name, key: '', as: secret.target, content, secret: true })];
      }
      // Whatever its name says.
      const as = kind === 'env-file' ? { as: '.env' } : {};
      return content ? [readFile({ object: 'file', key: path, content, secret: false, ...as })] : [];
    });
}

/** What the compose files, and the variables in them, say of the service by themselves. */
function ownSettings({ service }: LoadedProject): readonly ReadFile[] {
  const { environment, inlineConfigs } = service.definition as Readonly<Record<string, unknown>>;
  const variables = Object.entries(record(environment)).flatMap(([name, value]) =>
    typeof value === 'string' ? [{ path: [name], kind: 'text' as const, value }] : [],
  );
  const contents = Object.entries(record(inlineConfigs)).flatMap(([name, content]) =>
    typeof content === 'string'
      ? [
          readFile({
            object: `config/${name}`,
            key: placeOf(service.definition, 'configs', name),
            content,
            secret: false,
          }),
        ]
      : [],
  );
  return [
    { object: 'environment', key: '', secret: false, format: 'env file', settings: variables },
    ...contents,
  ];
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}
