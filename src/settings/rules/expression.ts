import { createContext, Script } from 'node:vm';

/** For one value, in ms. One that is written well takes some microseconds. */
const TIME_LIMIT = 500;

/** The engine is stopped in a script of its own only; nothing but these two is known there. */
const context: { expression: RegExp; text: string } = { expression: /^$/, text: '' };
createContext(context);
const script = new Script('expression.test(text)');

/**
 * Whether a whole text matches a regular expression of the profile; nothing when that takes too long: expressions such as
 * `(a+)+b` take for ever on some texts.
 */
export function matchesExpression(expression: string, text: string): boolean | undefined {
  Object.assign(context, { expression: new RegExp(`^(?:${expression})$`, 'u'), text });
  try {
    return script.runInContext(context, { timeout: TIME_LIMIT }) === true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined;
    throw error;
  } finally {
    // It may be a secret.
    context.text = '';
  }
}
