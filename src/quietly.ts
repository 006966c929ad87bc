/** For a check that only warns: what cannot be looked at (`look` throws) is not in the way. */
export function quietly<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
