/** A throw-away certificate authority and one server certificate, made in this process. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { generate } from "selfsigned";

export type TestTls = {
  /** PEM: the server's private key, its certificate, and the authority that signed it. */
  key: string;
  cert: string;
  ca: string;
  /** Writes the authority as `ca.pem` into an existing folder; the path is for NODE_EXTRA_CA_CERTS. */
  caFile: (folder: string) => string;
};

/** Valid for `localhost`, 127.0.0.1 and the given DNS names, from yesterday for a year. */
export async function makeTls(options: { names?: readonly string[] } = {}): Promise<TestTls> {
  const kind = {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    // A client whose clock is set back a little must not find it "not yet valid".
    notBeforeDate: new Date(Date.now() - 24 * 60 * 60 * 1000),
  } as const;
  const authority = await generate([{ name: "commonName", value: "oauth-creds test authority" }], {
    ...kind,
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const names = ["localhost", ...(options.names ?? [])];
  const server = await generate([{ name: "commonName", value: "localhost" }], {
    ...kind,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [...names.map((value) => ({ type: 2, value }) as const), { type: 7, ip: "127.0.0.1" }],
      },
    ],
  });
  return {
    key: server.private,
    cert: server.cert,
    ca: authority.cert,
    caFile: (folder) => {
      const path = join(folder, "ca.pem");
      writeFileSync(path, authority.cert);
      return path;
    },
  };
}
