/** A repository as a git remote names it. */
export interface Remote {
  /** `origin` */
  readonly name: string;
  /** Lower case, without a port: `github.com`. */
  readonly host: string;
  /** `owner/name` */
  readonly repository: string;
}

/**
 * Reads `git remote -v`. Remotes that are no repository of a GitHub server (a path, a bundle, deeper folders) are left
 * out, and so are all but the address that is fetched from.
 */
export function readRemotes(text: string): Remote[] {
  const remotes: Remote[] = [];
  for (const line of text.split("\n")) {
    const found = /^(\S+)\t(.+) \(fetch\)(?: \[.*\])?$/.exec(line);
    const address = found && parseAddress(found[2] ?? "");
    if (address) remotes.push({ name: found[1] ?? "", ...address });
  }
  return remotes;
}

/** `git@host:owner/name.git`, `ssh://git@host:22/owner/name`, `https://host/owner/name`, in any of git's spellings. */
export function parseAddress(address: string): Omit<Remote, "name"> | undefined {
  const parts = address.includes("://") ? fromUrl(address) : fromScp(address);
  if (!parts) return undefined;
  const [host, path] = parts;
  const names = path.replace(/^\/+|\/+$/g, "").replace(/\.git$/, "");
  return /^[\w.-]+\/[\w.-]+$/.test(names) ? { host: canonical(host), repository: names } : undefined;
}

function fromUrl(address: string): [host: string, path: string] | undefined {
  if (!/^(https?|ssh|git|git\+ssh|ssh\+git):/i.test(address) || !URL.canParse(address)) return undefined;
  // Not by its own protocol: URL reads hosts and ports of protocols that it does not know differently.
  const { hostname, pathname } = new URL(address.replace(/^[a-z+]+:/i, "https:"));
  return hostname && !hostname.startsWith("[") ? [hostname, pathname] : undefined;
}

/** git takes this form for ssh unless a slash stands before the first colon; one letter is a drive of Windows. */
function fromScp(address: string): [host: string, path: string] | undefined {
  const found = /^(?:[^/@:]+@)?([^/@:]{2,}):(.+)$/.exec(address);
  return found ? [found[1] ?? "", found[2] ?? ""] : undefined;
}

/** GitHub's second address for ssh, by the port of https. */
function canonical(host: string): string {
  const lower = host.toLowerCase().replace(/\.$/, "");
  return lower === "ssh.github.com" || lower === "www.github.com" ? "github.com" : lower;
}

/** Where a host's REST API is: github.com, ghe.com with data residency, or a GitHub Enterprise Server. */
export function apiUrlOf(host: string): string {
  if (host === "github.com") return "https://api.github.com";
  return host.endsWith(".ghe.com") ? `https://api.${host}` : `https://${host}/api/v3`;
}
