import type { PrometheusAccess } from './access.ts';

/** Where the files of one Prometheus are. */
export interface PrometheusFiles {
  readonly config: string;
  readonly web: string;
  readonly data: string;
  /** Folder of the target files. */
  readonly targets: string;
}

/** Its configuration, as JSON, which is YAML. A scrape has all of its interval: machines of tests are busy. */
export function configuration({ targets }: PrometheusFiles, scrapeEveryMs: number): string {
  const interval = `${scrapeEveryMs}ms`;
  return JSON.stringify({
    global: { scrape_interval: interval, scrape_timeout: interval },
    scrape_configs: [
      {
        job_name: 'service',
        file_sd_configs: [{ files: [`${targets}/*.json`], refresh_interval: '1s' }],
      },
    ],
  });
}

/** Who may ask it, as its web configuration has it. */
export function webConfiguration({ login, tls }: PrometheusAccess): string {
  return JSON.stringify({
    ...(login ? { basic_auth_users: { [login.username]: login.bcrypt } } : {}),
    ...(tls
      ? {
          tls_server_config: {
            cert_file: tls.certFile,
            key_file: tls.keyFile,
            ...(tls.clientCaFile
              ? { client_auth_type: 'RequireAndVerifyClientCert', client_ca_file: tls.clientCaFile }
              : {}),
          },
        }
      : {}),
  });
}

/** Its command line. Which targets there are is looked at ten times a second, not every five seconds. */
export function commandLine(
  { config, web, data }: PrometheusFiles,
  address: string,
  { lookbackMs, secured }: { readonly lookbackMs?: number | undefined; readonly secured: boolean },
): string[] {
  return [
    `--config.file=${config}`,
    `--storage.tsdb.path=${data}`,
    `--web.listen-address=${address}`,
    ...(secured ? [`--web.config.file=${web}`] : []),
    ...(lookbackMs === undefined ? [] : [`--query.lookback-delta=${lookbackMs}ms`]),
    '--scrape.discovery-reload-interval=100ms',
    '--log.level=warn',
  ];
}
