import { type ClientConnectConfig, loadClientConfig, loadClientConnectConfig } from '@temporalio/envconfig';
import { closest } from '../../domain/closest.ts';
import { CommandError, EXIT } from '../errors/exit-codes.ts';

/**
 * Reads the Temporal environment configuration: where the service is.
 * @throws CommandError for a profile that is not there, a file that cannot be read and a setting that is none
 */
export function connectConfig(profile: string | undefined): ClientConnectConfig {
  try {
    return loadClientConnectConfig(profile ? { profile } : {});
  } catch (error) {
    const [first = 'it cannot be read'] = (error as Error).message.split('\n');
    const known = profilesOf();
    if (profile !== undefined && known !== undefined && !known.includes(profile)) {
      const meant = closest(profile, known);
      throw new CommandError(
        EXIT.usage,
        `--profile: there is no profile ${profile} in the Temporal environment configuration${meant ? `; did you mean ${meant}?` : ''} (${known.length > 0 ? `there are: ${known.join(', ')}` : 'it has none'}; TEMPORAL_CONFIG_FILE names another file)`,
      );
    }
    throw new CommandError(
      EXIT.usage,
      `the Temporal environment configuration is wrong: ${first}. Check TEMPORAL_CONFIG_FILE and the variables TEMPORAL_…`,
    );
  }
}

/** Names of the profiles; nothing when the file cannot be read. */
function profilesOf(): readonly string[] | undefined {
  try {
    return Object.keys(loadClientConfig({}).profiles);
  } catch {
    return undefined;
  }
}
