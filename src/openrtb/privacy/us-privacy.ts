/** The IAB's CCPA string: version, notice given, opted out of sale, covered by the agreement. */
const US_PRIVACY = /^1[YN-]([YN-])[YN-]$/;

/** Whether the person opted out; undefined where the string cannot be read. `1---` says that the law does not apply. */
export function hasOptedOut(text: string): boolean | undefined {
  const match = US_PRIVACY.exec(text.trim().toUpperCase());
  return match ? match[1] === 'Y' : undefined;
}
