import type { DetailedPeerCertificate } from "node:tls";

/** Who has signed a server's certificate, as far as that is a plain name. */
export function issuerOf({ issuer }: DetailedPeerCertificate): string {
  const name: unknown = [issuer?.O ?? issuer?.CN].flat()[0];
  return typeof name === "string" && /^[\w .,'()&-]{1,60}$/.test(name) ? name : "an authority without a plain name";
}

/**
 * Whether the chain leads to an authority that comes with Node: any other was made trusted on this machine. By names
 * where a server's chain ends in a certificate that one authority has given another.
 */
export function isPublic(leaf: DetailedPeerCertificate): boolean {
  const { rootCertificates } = process.getBuiltinModule("node:tls");
  const { X509Certificate } = process.getBuiltinModule("node:crypto");
  const chain: DetailedPeerCertificate[] = [leaf];
  for (let at = leaf; at.issuerCertificate && at.issuerCertificate !== at && chain.length < 10;) {
    at = at.issuerCertificate;
    chain.push(at);
  }
  const known = new Set(rootCertificates.map((pem) => pem.replace(/-----[A-Z ]+-----|\s/g, "")));
  if (chain.some(({ raw }) => known.has(raw.toString("base64")))) return true;
  const names = new Set(rootCertificates.map((pem) => new X509Certificate(pem).subject));
  return chain.some(({ raw }) => {
    const { subject, issuer } = new X509Certificate(raw);
    return names.has(subject) || names.has(issuer);
  });
}
