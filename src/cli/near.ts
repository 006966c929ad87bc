/** The name that was probably meant: with the same beginning, the same letters, or one slip of the keyboard. */
export function near(name: string, known: readonly string[]): string | undefined {
  const bare = (text: string) => text.toLowerCase().replaceAll(/[^a-z]|s$/g, "");
  const wanted = bare(name);
  const alike = known.find((other) => bare(other) === wanted || (wanted.length > 2 && bare(other).startsWith(wanted)));
  return alike ?? (wanted.length > 3 ? known.find((other) => isSlip(wanted, bare(other))) : undefined);
}

/** Whether one letter is missing, too many or another one, or two neighbours have changed places. */
function isSlip(one: string, other: string): boolean {
  let same = 0;
  while (same < one.length && one[same] === other[same]) same++;
  const [a, b] = [one.slice(same), other.slice(same)];
  const swapped = a[0] === b[1] && a[1] === b[0] && a.slice(2) === b.slice(2);
  return swapped || a.slice(1) === b || a === b.slice(1) || a.slice(1) === b.slice(1);
}
