const POWERS: Readonly<Record<string, readonly [base: bigint, power: bigint]>> = {
  k: [10n, 3n],
  M: [10n, 6n],
  G: [10n, 9n],
  T: [10n, 12n],
  P: [10n, 15n],
  E: [10n, 18n],
  Ki: [2n, 10n],
  Mi: [2n, 20n],
  Gi: [2n, 30n],
  Ti: [2n, 40n],
  Pi: [2n, 50n],
  Ei: [2n, 60n],
};
const FRACTIONS: Readonly<Record<string, bigint>> = { n: 9n, u: 6n, m: 3n };
/** One, in billionths. */
const NANO = 1_000_000_000n;
const SHAPE = /^([+-]?)(\d*)(?:\.(\d*))?(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,3}))?$/;

/**
 * A Kubernetes resource quantity by its value, so that `1024Mi` and `1Gi`, or `0.5` and `500m`, are the same.
 * Rule: apimachinery, `resource.Quantity`; a quantity has no more than nine decimals, more is rounded up.
 * @returns the value in billionths, or undefined when the text is no quantity.
 */
export function quantityInNano(text: string): bigint | undefined {
  const match = SHAPE.exec(text);
  if (!match) return undefined;
  const [, sign, whole = '', fraction = '', suffix, exponent] = match;
  if (whole === '' && fraction === '') return undefined;
  const [base, power] = (suffix !== undefined ? POWERS[suffix] : undefined) ?? [1n, 0n];
  const smaller = (suffix !== undefined ? FRACTIONS[suffix] : undefined) ?? 0n;
  const shift = 9n + BigInt(exponent ?? 0) - smaller - BigInt(fraction.length);
  const digits = BigInt(`${whole}${fraction}`) * base ** power;
  const nano = shift >= 0n ? digits * 10n ** shift : divideRoundingUp(digits, 10n ** -shift);
  return sign === '-' ? -nano : nano;
}

/** The value as Kubernetes writes it, short where that is exact: `1500m`, `2Gi`. @param nano in billionths; not negative. */
export function quantityText(nano: bigint): string {
  if (nano % NANO !== 0n) return `${divideRoundingUp(nano, 1_000_000n)}m`;
  const whole = nano / NANO;
  const binary = ['Ei', 'Pi', 'Ti', 'Gi', 'Mi'].find((suffix) => {
    const [base, power] = POWERS[suffix] ?? [1n, 0n];
    return whole > 0n && whole % base ** power === 0n;
  });
  if (!binary) return String(whole);
  const [base, power] = POWERS[binary] ?? [1n, 0n];
  return `${whole / base ** power}${binary}`;
}

function divideRoundingUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}
