/** The name that was probably meant: with the same beginning, or the same letters. */
export function near(name: string, known: readonly string[]): string | undefined {
  const bare = (text: string) => text.toLowerCase().replaceAll(/[^a-z]|s$/g, "");
  const wanted = bare(name);
  return known.find((other) => bare(other) === wanted || (wanted.length > 2 && bare(other).startsWith(wanted)));
}
