/** The action's outputs as JSON has them: `expires-at` as `expires_at`, numbers, booleans, null for what is empty. */
export function outputsAsJson(outputs: Readonly<Record<string, string>>): Record<string, unknown> {
  // What was asked for as a step's output stands there, and nowhere else.
  const { "access-token": _, ...shown } = outputs;
  return Object.fromEntries(Object.entries(shown).map(([name, value]) => [name.replaceAll("-", "_"), read(value)]));
}

function read(value: string): unknown {
  if (value === "") return null;
  return /^(true|false|\d+|\[.*\])$/s.test(value) ? (JSON.parse(value) as unknown) : value;
}
