import type { StoredLocation } from "../credential/envelope.ts";

/** A secret as that which a copy is bound to. By the repository's id where it is known: it outlives a renaming. */
export function placeOfSecret({ kind, name, within, repository, repositoryId }: StoredLocation): string {
  const where = [kind, within, name].filter((part) => part !== undefined).join("/");
  return `secret ${where} of ${repositoryId ?? repository}`.toLowerCase();
}
