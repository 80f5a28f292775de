import { section } from '../../schema-parts/parts.ts';
import { secretReference } from '../../schema-parts/secret-reference.ts';
import type { SettingsFrom } from '../../schema-parts/settings.ts';
import { inMilliseconds, receiverKeys } from '../receiver-settings.ts';

export const webhookSettings = section({
  ...receiverKeys(),
  signingSecret: secretReference()
    .exactOptional()
    .describe('Signs the body: header X-Runbook-Signature: sha256=<hex HMAC>.'),
}).transform(inMilliseconds);

/** What can be set of a webhook. */
export type WebhookSettings = SettingsFrom<typeof webhookSettings>;
